"""AUHead: portraits that talk with real emotion, performed by Action Unit curves.

The library behind the ComfyUI plugin. It never imports ComfyUI and runs in a script, a notebook or a server.
"""
