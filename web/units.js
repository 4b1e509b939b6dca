// Written by tools/editor/tables.py from auhead_models/au; change it there.

export const REGIONS = ["eyes", "brows", "mouth", "jaw", "nose", "cheeks", "gaze", "pose"];

export const COLUMNS = [
  {"index": 0, "id": "eye_closure_left", "name": "Left eye closure", "facs": "43", "side": "left", "region": "eyes", "mirror": "eye_closure_right", "minimum": -1.0, "maximum": 1.0},
  {"index": 1, "id": "eye_closure_right", "name": "Right eye closure", "facs": "43", "side": "right", "region": "eyes", "mirror": "eye_closure_left", "minimum": -1.0, "maximum": 1.0},
  {"index": 2, "id": "upper_lid_raise_left", "name": "Left upper lid raise", "facs": "5", "side": "left", "region": "eyes", "mirror": "upper_lid_raise_right", "minimum": -1.0, "maximum": 1.0},
  {"index": 3, "id": "upper_lid_raise_right", "name": "Right upper lid raise", "facs": "5", "side": "right", "region": "eyes", "mirror": "upper_lid_raise_left", "minimum": -1.0, "maximum": 1.0},
  {"index": 4, "id": "brow_lower_left", "name": "Left brow lower", "facs": "4", "side": "left", "region": "brows", "mirror": "brow_lower_right", "minimum": -1.0, "maximum": 1.0},
  {"index": 5, "id": "brow_lower_right", "name": "Right brow lower", "facs": "4", "side": "right", "region": "brows", "mirror": "brow_lower_left", "minimum": -1.0, "maximum": 1.0},
  {"index": 6, "id": "brow_raise_left", "name": "Left brow raise", "facs": "1+2", "side": "left", "region": "brows", "mirror": "brow_raise_right", "minimum": -1.0, "maximum": 1.0},
  {"index": 7, "id": "brow_raise_right", "name": "Right brow raise", "facs": "1+2", "side": "right", "region": "brows", "mirror": "brow_raise_left", "minimum": -1.0, "maximum": 1.0},
  {"index": 8, "id": "jaw_open", "name": "Jaw open", "facs": "26/27", "side": null, "region": "jaw", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 9, "id": "lower_lip_slide_left", "name": "Lower lip slide to the left", "facs": "30", "side": "left", "region": "jaw", "mirror": "lower_lip_slide_right", "minimum": -1.0, "maximum": 1.0},
  {"index": 10, "id": "lower_lip_slide_right", "name": "Lower lip slide to the right", "facs": "30", "side": "right", "region": "jaw", "mirror": "lower_lip_slide_left", "minimum": -1.0, "maximum": 1.0},
  {"index": 11, "id": "lip_corner_raise_left", "name": "Left lip corner raise", "facs": "12", "side": "left", "region": "mouth", "mirror": "lip_corner_raise_right", "minimum": -1.0, "maximum": 1.0},
  {"index": 12, "id": "lip_corner_raise_right", "name": "Right lip corner raise", "facs": "12", "side": "right", "region": "mouth", "mirror": "lip_corner_raise_left", "minimum": -1.0, "maximum": 1.0},
  {"index": 13, "id": "lip_corner_stretch_left", "name": "Left lip corner stretch", "facs": "20", "side": "left", "region": "mouth", "mirror": "lip_corner_stretch_right", "minimum": -1.0, "maximum": 1.0},
  {"index": 14, "id": "lip_corner_stretch_right", "name": "Right lip corner stretch", "facs": "20", "side": "right", "region": "mouth", "mirror": "lip_corner_stretch_left", "minimum": -1.0, "maximum": 1.0},
  {"index": 15, "id": "upper_lip_suck", "name": "Upper lip suck", "facs": "28", "side": null, "region": "mouth", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 16, "id": "lower_lip_suck", "name": "Lower lip suck", "facs": "28/32", "side": null, "region": "mouth", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 17, "id": "jaw_thrust", "name": "Jaw thrust", "facs": "29", "side": null, "region": "jaw", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 18, "id": "upper_lip_raise", "name": "Upper lip raise", "facs": "10", "side": null, "region": "mouth", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 19, "id": "lower_lip_depress", "name": "Lower lip depress", "facs": "16", "side": null, "region": "mouth", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 20, "id": "chin_raise", "name": "Chin raise", "facs": "17", "side": null, "region": "mouth", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 21, "id": "lip_pucker", "name": "Lip pucker", "facs": "18/22", "side": null, "region": "mouth", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 22, "id": "cheek_puff", "name": "Cheek puff", "facs": "33/34", "side": null, "region": "cheeks", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 23, "id": "nose_wrinkle", "name": "Nose wrinkle", "facs": "9", "side": null, "region": "nose", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 0, "id": "gaze_x", "name": "Gaze sideways", "facs": "61/62", "side": null, "region": "gaze", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 1, "id": "gaze_y", "name": "Gaze up and down", "facs": "63/64", "side": null, "region": "gaze", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 2, "id": "cheek_raise_left", "name": "Left cheek raise", "facs": "6", "side": "left", "region": "cheeks", "mirror": "cheek_raise_right", "minimum": 0.0, "maximum": 1.0},
  {"index": 3, "id": "cheek_raise_right", "name": "Right cheek raise", "facs": "6", "side": "right", "region": "cheeks", "mirror": "cheek_raise_left", "minimum": 0.0, "maximum": 1.0},
  {"index": 4, "id": "lip_corner_down_left", "name": "Left lip corner down", "facs": "15", "side": "left", "region": "mouth", "mirror": "lip_corner_down_right", "minimum": 0.0, "maximum": 1.0},
  {"index": 5, "id": "lip_corner_down_right", "name": "Right lip corner down", "facs": "15", "side": "right", "region": "mouth", "mirror": "lip_corner_down_left", "minimum": 0.0, "maximum": 1.0},
  {"index": 6, "id": "inner_brow_raise", "name": "Inner brow raise", "facs": "1", "side": null, "region": "brows", "mirror": null, "minimum": 0.0, "maximum": 1.0},
  {"index": 7, "id": "lip_press", "name": "Lip press", "facs": "24", "side": null, "region": "mouth", "mirror": null, "minimum": 0.0, "maximum": 1.0},
  {"index": 8, "id": "tongue_out", "name": "Tongue out", "facs": "19", "side": null, "region": "mouth", "mirror": null, "minimum": 0.0, "maximum": 1.0},
  {"index": 9, "id": "lips_together", "name": "Lips together", "facs": "8", "side": null, "region": "mouth", "mirror": null, "minimum": 0.0, "maximum": 1.0},
  {"index": 0, "id": "yaw", "name": "Head turn", "facs": "51/52", "side": null, "region": "pose", "mirror": null, "minimum": -1.5708, "maximum": 1.5708},
  {"index": 1, "id": "pitch", "name": "Head up and down", "facs": "53/54", "side": null, "region": "pose", "mirror": null, "minimum": -1.5708, "maximum": 1.5708},
  {"index": 2, "id": "roll", "name": "Head tilt", "facs": "55/56", "side": null, "region": "pose", "mirror": null, "minimum": -1.5708, "maximum": 1.5708},
  {"index": 3, "id": "x", "name": "Shift to the image's right", "facs": "", "side": null, "region": "pose", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 4, "id": "y", "name": "Shift down", "facs": "", "side": null, "region": "pose", "mirror": null, "minimum": -1.0, "maximum": 1.0},
  {"index": 5, "id": "zoom", "name": "Zoom", "facs": "57/58", "side": null, "region": "pose", "mirror": null, "minimum": -1.0, "maximum": 1.0},
];

export const CHANGES_SIGN = ["gaze_x", "yaw", "roll", "x"];

export const EMOTIONS = ["angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised"];

export const EMOTION_ALIASES = {
  "anger": "angry",
  "mad": "angry",
  "furious": "angry",
  "contemptuous": "contempt",
  "scorn": "contempt",
  "disgust": "disgusted",
  "fearful": "fear",
  "afraid": "fear",
  "scared": "fear",
  "joy": "happy",
  "joyful": "happy",
  "happiness": "happy",
  "calm": "neutral",
  "none": "neutral",
  "normal": "neutral",
  "sadness": "sad",
  "unhappy": "sad",
  "surprise": "surprised",
  "astonished": "surprised",
};

export const EMOTION_APEX = {
  "angry": {"brow_lower_left": 1.3, "brow_lower_right": 1.3, "upper_lid_raise_left": 0.6, "upper_lid_raise_right": 0.6, "cheek_raise_left": 0.25, "cheek_raise_right": 0.25, "nose_wrinkle": 0.5, "lip_press": 0.45, "chin_raise": 0.6, "lip_corner_down_left": 0.9, "lip_corner_down_right": 0.9, "lip_corner_raise_left": -1.3, "lip_corner_raise_right": -1.3},
  "contempt": {"lip_corner_raise_right": 1.3, "lip_corner_stretch_right": 0.5, "cheek_raise_right": 0.7, "lip_corner_down_left": 0.4, "lip_corner_raise_left": -1.3, "lip_press": 0.3, "eye_closure_left": 0.4, "eye_closure_right": 0.4, "brow_raise_right": 0.55, "brow_lower_left": 0.35},
  "disgusted": {"nose_wrinkle": 1.3, "upper_lip_raise": 0.8, "brow_lower_left": 0.7, "brow_lower_right": 0.7, "eye_closure_left": 0.35, "eye_closure_right": 0.35, "cheek_raise_left": 0.7, "cheek_raise_right": 0.7, "chin_raise": 0.25, "lower_lip_depress": 0.2, "lip_corner_down_left": 0.5, "lip_corner_down_right": 0.5, "lip_corner_raise_left": -1.0, "lip_corner_raise_right": -1.0},
  "fear": {"inner_brow_raise": 1.3, "brow_raise_left": 0.6, "brow_raise_right": 0.6, "brow_lower_left": 0.4, "brow_lower_right": 0.4, "upper_lid_raise_left": 1.2, "upper_lid_raise_right": 1.2, "lip_corner_stretch_left": 1.2, "lip_corner_stretch_right": 1.2, "lower_lip_depress": 0.45, "lip_corner_down_left": 0.35, "lip_corner_down_right": 0.35, "lip_corner_raise_left": -1.3, "lip_corner_raise_right": -1.3, "jaw_open": 0.25},
  "happy": {"lip_corner_raise_left": 1.2, "lip_corner_raise_right": 1.2, "cheek_raise_left": 1.2, "cheek_raise_right": 1.2, "lip_corner_stretch_left": 0.35, "lip_corner_stretch_right": 0.35, "upper_lip_raise": 0.25, "eye_closure_left": 0.12, "eye_closure_right": 0.12, "jaw_open": 0.1},
  "neutral": {},
  "sad": {"inner_brow_raise": 1.3, "brow_lower_left": 0.35, "brow_lower_right": 0.35, "lip_corner_down_left": 1.15, "lip_corner_down_right": 1.15, "lip_corner_raise_left": -1.3, "lip_corner_raise_right": -1.3, "chin_raise": 0.5, "eye_closure_left": 0.32, "eye_closure_right": 0.32, "gaze_y": -0.3},
  "surprised": {"brow_raise_left": 1.25, "brow_raise_right": 1.25, "inner_brow_raise": 0.5, "upper_lid_raise_left": 1.0, "upper_lid_raise_right": 1.0, "jaw_open": 0.75, "lip_pucker": 0.15, "lip_corner_raise_left": -1.0, "lip_corner_raise_right": -1.0},
};

export const LEVEL_FACTOR = [0.45, 0.75, 1.0];

export const REGION_DELAY = {"gaze": 0.0, "eyes": 0.0, "brows": 0.04, "nose": 0.08, "cheeks": 0.1, "jaw": 0.12, "mouth": 0.12};

export const TRANSITION = 0.4;

export const YIELD_SHARES = {
  "jaw_open": 0.75,
  "lower_lip_slide_left": 0.6,
  "lower_lip_slide_right": 0.6,
  "lip_corner_raise_left": 0.2,
  "lip_corner_raise_right": 0.2,
  "lip_corner_stretch_left": 0.35,
  "lip_corner_stretch_right": 0.35,
  "upper_lip_suck": 0.6,
  "lower_lip_suck": 0.6,
  "jaw_thrust": 0.6,
  "upper_lip_raise": 0.3,
  "lower_lip_depress": 0.5,
  "chin_raise": 0.6,
  "lip_pucker": 0.6,
  "lip_corner_down_left": 0.25,
  "lip_corner_down_right": 0.25,
  "lip_press": 1.0,
  "tongue_out": 1.0,
};

export const SPEAKING = 2.0;

export const SPEAKING_REACH = 0.4;

export const PRESETS = [
  "angry",
  "contempt",
  "disgusted",
  "fear",
  "happy",
  "neutral",
  "sad",
  "surprised",
  "smile",
  "smirk",
  "frown",
  "raised_brow",
  "kiss",
  "tongue_out",
  "puffed_cheeks",
  "gasp",
  "sleepy",
  "think",
  "wink_left",
  "wink_right",
  "blink",
  "nod",
  "shake",
  "idle",
];

export const HELD_PRESETS = {
  "smile": {"lip_corner_raise_left": 0.7, "lip_corner_raise_right": 0.7, "cheek_raise_left": 0.6, "cheek_raise_right": 0.6},
  "smirk": {"lip_corner_raise_left": 0.85, "lip_corner_stretch_left": 0.3, "cheek_raise_left": 0.4},
  "frown": {"brow_lower_left": 0.9, "brow_lower_right": 0.9, "cheek_raise_left": 0.2, "cheek_raise_right": 0.2},
  "raised_brow": {"brow_raise_left": 1.0, "brow_lower_right": 0.35, "upper_lid_raise_left": 0.25},
  "kiss": {"lip_pucker": 1.0, "eye_closure_left": 0.25, "eye_closure_right": 0.25, "lips_together": 0.6, "pitch": 0.03},
  "tongue_out": {"tongue_out": 1.0, "jaw_open": 0.5, "lower_lip_depress": 0.3, "lip_corner_raise_left": 0.3, "lip_corner_raise_right": 0.3},
  "puffed_cheeks": {"cheek_puff": 1.0, "lips_together": 1.0, "lip_pucker": 0.25},
  "gasp": {"jaw_open": 0.9, "upper_lid_raise_left": 0.9, "upper_lid_raise_right": 0.9, "brow_raise_left": 0.7, "brow_raise_right": 0.7},
  "sleepy": {"eye_closure_left": 0.7, "eye_closure_right": 0.7, "inner_brow_raise": 0.3, "jaw_open": 0.06, "pitch": -0.1, "roll": 0.06, "gaze_y": -0.4},
  "think": {"gaze_x": 0.7, "gaze_y": 0.6, "brow_lower_right": 0.35, "brow_raise_left": 0.5, "lip_pucker": 0.3, "lower_lip_slide_left": 0.35, "yaw": 0.12, "pitch": 0.06, "roll": -0.08},
};

export const EDITS_VERSION = 1;

export const INTERPOLATIONS = ["smooth", "linear", "step"];

export const FADE = 0.2;

export const MOST_CHARACTERS = 16000000;

export const MOST_KEYS = 100000;

export const MOST_ITEMS = 1000;

export const LARGEST = 1000000.0;
