"""Bounded least squares on displacement fields, many frames at once.

    minimise  |W (y - Σ a_i field_i - Σ b_j nuisance_j)|² + ridge |a|² + sparsity Σ s_i a_i + Σ prior_j b_j²,
    lowest ≤ a ≤ bound

The nuisances (turn, shift, scale, a person's shape) are eliminated beforehand, so a frame costs one product with a
small matrix per iteration. Accelerated projected gradient: A. Beck and M. Teboulle, "A fast iterative
shrinkage-thresholding algorithm for linear inverse problems", SIAM J. Imaging Sciences 2009.
"""

import torch

ITERATIONS = 300
RIDGE, SPARSITY = 0.3, 0.03


class FieldSolver:
    """Finds how much of each field is in a displacement.

    fields [n, P, 3] cm at 1.0; nuisance [m, P, 3]; prior [m], 0 = free; weight [P, 3]; lowest, bound: range of amounts.
    """

    def __init__(
        self,
        fields: torch.Tensor,
        nuisance: torch.Tensor,
        prior: torch.Tensor,
        weight: torch.Tensor,
        bound: float,
        lowest: float = 0.0,
    ):
        root = weight.double().sqrt().flatten()
        a, n = fields.double().flatten(1) * root, nuisance.double().flatten(1) * root
        within = n @ n.T + torch.diag(prior.double() + 1e-9)
        free = a - torch.linalg.solve(within, n @ a.T).T @ n  # what of a field no nuisance explains
        normal = free @ a.T + RIDGE * torch.eye(len(a), dtype=torch.float64)
        size = normal.diagonal().sqrt()
        scaled = normal / size[:, None] / size
        self._step = float(1 / torch.linalg.eigvalsh(scaled)[-1])
        self._scaled, self._size = scaled.float(), size.float()
        self._read = (free * root / size[:, None]).float()
        self._lowest, self._bound = lowest * self._size, bound * self._size

    def __call__(self, displacement: torch.Tensor) -> torch.Tensor:
        """Amounts [T, n] of the fields in displacements [T, P, 3] (cm)."""
        target = displacement.float().flatten(1) @ self._read.T - SPARSITY
        amount = torch.zeros_like(target)
        ahead, momentum = amount, 1.0
        for _ in range(ITERATIONS):
            gradient = ahead @ self._scaled - target
            new = (ahead - self._step * gradient).clamp(self._lowest, self._bound)
            following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
            ahead = new + (momentum - 1) / following * (new - amount)
            amount, momentum = new, following
        return amount / self._size


def rigid_motions(mesh: torch.Tensor) -> torch.Tensor:
    """Small shifts, turns, scale and widening of a mesh [P, 3]: displacement fields [8, P, 3]."""
    centred = mesh - mesh.mean(0)
    axes = torch.eye(3, dtype=mesh.dtype, device=mesh.device)
    shifts = axes[:, None].expand(3, len(mesh), 3)
    turns = torch.linalg.cross(axes[:, None].expand(3, len(mesh), 3), centred.expand(3, -1, -1))
    return torch.cat([shifts, turns, centred[None], (centred * axes[0])[None]])
