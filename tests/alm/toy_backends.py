"""Both public architectures with random weights, small enough for a test: tens of thousands of parameters."""

import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, WhisperFeatureExtractor

from auhead_models.alm.backends.backend import Backend
from auhead_models.alm.backends.qwen2_5_omni import Qwen25Omni
from auhead_models.alm.backends.qwen2_audio import Qwen2Audio
from auhead_models.alm.prompt import AUDIO_TOKEN, END_TOKEN, feel_instruction, perform_instruction

SPECIAL = ("<|endoftext|>", "<|im_start|>", END_TOKEN, AUDIO_TOKEN, "<|audio_bos|>", "<|audio_eos|>")
WINDOW = 8  # seconds
MELS = 16


def toy_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-pair encoding, as Qwen has it, learned from our prompts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([perform_instruction(100, "happy", 2), feel_instruction()], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END_TOKEN, pad_token="<|endoftext|>")


def _audio(**others) -> dict:
    sizes = {"encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32, "num_mel_bins": MELS}
    return {"d_model": 16, "max_source_positions": 50 * WINDOW, **sizes, **others}


def _text(tokenizer, **others) -> dict:
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    ids = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
    return {"num_key_value_heads": 2, "tie_word_embeddings": False, "bos_token_id": None, **sizes, **ids, **others}


def toy_qwen2_audio(seed: int = 0, taught: bool = True, **text) -> Backend:
    from transformers import Qwen2AudioConfig, Qwen2AudioForConditionalGeneration

    tokenizer = toy_tokenizer()
    config = Qwen2AudioConfig(
        audio_config={"model_type": "qwen2_audio_encoder", **_audio()},
        text_config={"model_type": "qwen2", **_text(tokenizer, **text)},
        audio_token_index=tokenizer.convert_tokens_to_ids(AUDIO_TOKEN),
    )
    torch.manual_seed(seed)
    return _backend(Qwen2Audio, Qwen2AudioForConditionalGeneration(config), tokenizer, taught)


def toy_omni(seed: int = 0, taught: bool = True, **text) -> Backend:
    from transformers import Qwen2_5OmniThinkerConfig, Qwen2_5OmniThinkerForConditionalGeneration

    tokenizer = toy_tokenizer()
    rope = {"rope_type": "default", "mrope_section": [2, 1, 1]}
    eyes = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 32}
    ids = {f"{name}_token_index": index for name, index in (("image", 3), ("video", 3))}
    config = Qwen2_5OmniThinkerConfig(
        audio_config=_audio(n_window=50, output_dim=32),
        vision_config=eyes,
        text_config=_text(tokenizer, rope_scaling=rope, **text),
        audio_token_index=tokenizer.convert_tokens_to_ids(AUDIO_TOKEN),
        vision_start_token_id=0,
        **ids,
    )
    torch.manual_seed(seed)
    return _backend(Qwen25Omni, Qwen2_5OmniThinkerForConditionalGeneration(config), tokenizer, taught)


def _backend(kind: type[Backend], network: torch.nn.Module, tokenizer, taught: bool) -> Backend:
    extractor = WhisperFeatureExtractor(feature_size=MELS, chunk_length=WINDOW)
    backend = kind("toy", network, tokenizer, extractor)
    backend.window = WINDOW
    if taught:
        backend.teach_tokens()
    return backend


TOYS = {"qwen2-audio": toy_qwen2_audio, "qwen2.5-omni": toy_omni}


def save_folder(backend: Backend, folder: Path | None = None) -> Path:
    """A model folder as the Hugging Face hub has them."""
    folder = folder or Path(tempfile.mkdtemp())
    backend.network.save_pretrained(folder)
    backend.tokenizer.save_pretrained(folder)
    backend.extractor.save_pretrained(folder)
    return folder
