"""Training a diffusion model on one's own talking-head videos."""
