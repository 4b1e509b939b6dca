"""Stage 2: frames drawn by a video diffusion model under FaceMaps, Action Units and a portrait."""
