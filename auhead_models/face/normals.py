"""Normals of a mesh."""

import torch


def vertex_normals(mesh: torch.Tensor, triangles: torch.Tensor) -> torch.Tensor:
    """Unit normals [..., V, 3] of vertices [..., V, 3]: the mean of the triangles [F, 3] around each, by their area."""
    corner = mesh[..., triangles, :]
    facing = torch.linalg.cross(corner[..., 1, :] - corner[..., 0, :], corner[..., 2, :] - corner[..., 0, :])
    normal = torch.zeros_like(mesh)
    for k in range(3):
        normal.index_add_(-2, triangles[:, k], facing)
    return torch.nn.functional.normalize(normal, dim=-1)
