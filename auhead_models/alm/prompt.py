"""What a model is asked: one prompt for every backend, in the chat format of the Qwen family.

Training and running use these functions alone, so that a model is asked what it was taught.
"""

from ..au.emotions import EMOTIONS, emotion_name

AUDIO_TOKEN = "<|AUDIO|>"  # stands for 40 ms of sound
END_TOKEN = "<|im_end|>"  # ends an answer

_CHAT = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\nAudio 1: <|audio_bos|>{audio}<|audio_eos|>\n{instruction}<|im_end|>\n"
    "<|im_start|>assistant\n"
)  # as the chat template of Qwen2-Audio-7B-Instruct writes it
_PERFORM = (
    "Name the emotion of the voice and its level from 1 to 3, then write the Action Units of the face, "
    "{frames} frames at 5 per second."
)


def perform_instruction(frames: int, emotion: str | None = None, level: int | None = None) -> str:
    """Asks for an utterance of `frames` frames at 5 fps; an emotion that is known already, and its level, are told."""
    known = "" if emotion is None else f" The emotion is {emotion_name(emotion)}."
    known += "" if level is None else f" The level is {level}."
    return _PERFORM.format(frames=frames) + known


def feel_instruction() -> str:
    """Asks a model that knows no AU tokens for the emotion and its level, as in `feel_answer`."""
    return (
        f"How does the voice sound? Answer with one of {', '.join(EMOTIONS)}, and with its strength from 1 to 3, "
        "for example: neutral 1"
    )


def feel_answer(emotion: str, level: int) -> str:
    return f"{emotion} {level}"


def chat(instruction: str, audio_tokens: int) -> str:
    """The whole prompt for a sound of so many audio tokens; the answer follows it and ends with `END_TOKEN`."""
    return _CHAT.format(audio=AUDIO_TOKEN * audio_tokens, instruction=instruction.replace("<|", ""))
