"""The inner loops of the head renderer: z-buffer, shadows, shading per pixel. Compiled by numba."""

import numba
import numpy as np

# Columns of a vertex: normal 3, place 3, albedo 3, gloss, power, wrap 3, key seen, sky seen, brow, beard, hair, lip,
# eye, along the brow, skin.
ATTRIBUTES = 23
SHADOW_MAP = 224
SHADOW_BIAS, SHADOW_SOFT = 0.10, 0.22  # cm
CORNEA = 0.8  # cm, its radius
_options = dict(cache=True, fastmath=True, nogil=True)


@numba.njit(**_options)
def zbuffer(points, triangles, depth, owner, cull):
    """Nearest triangle of each pixel into owner [H, W]; points x, y (pixels), depth (smaller is nearer)."""
    height, width = depth.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, x1, y1, x2, y2 = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        det = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
        if (cull and det >= -1e-9) or abs(det) < 1e-9:
            continue
        left, right = max(int(np.ceil(min(x0, x1, x2) - 0.5)), 0), min(int(max(x0, x1, x2) - 0.5), width - 1)
        top, bottom = max(int(np.ceil(min(y0, y1, y2) - 0.5)), 0), min(int(max(y0, y1, y2) - 0.5), height - 1)
        inverse = 1.0 / det
        za, zb, zc = points[a, 2], points[b, 2], points[c, 2]
        for y in range(top, bottom + 1):
            py = y + 0.5 - y0
            for x in range(left, right + 1):
                px = x + 0.5 - x0
                u = (px * (y2 - y0) - py * (x2 - x0)) * inverse
                v = ((x1 - x0) * py - (y1 - y0) * px) * inverse
                if u < -1e-5 or v < -1e-5 or u + v > 1.00001:
                    continue
                z = (1 - u - v) * za + u * zb + v * zc
                if z < depth[y, x]:
                    depth[y, x] = z
                    owner[y, x] = t


@numba.njit(**_options)
def visible_share(seen, triangles, directions, normal, cosine):
    """Part of the directions [R, 3] from which each vertex [V, 3] is the first thing met; cosine: weighted by it."""
    count = seen.shape[0]
    total = np.zeros(count, np.float32)
    weight = np.full(count, 1e-4, np.float32)
    local = np.empty((count, 3), np.float32)
    for r in range(directions.shape[0]):
        w = directions[r]
        side = np.array([w[2], 0.001, -w[0]], np.float32)
        side /= np.sqrt((side * side).sum())
        up = np.array(
            [w[1] * side[2] - w[2] * side[1], w[2] * side[0] - w[0] * side[2], w[0] * side[1] - w[1] * side[0]],
            np.float32,
        )
        for k in range(count):
            local[k, 0] = seen[k, 0] * side[0] + seen[k, 1] * side[1] + seen[k, 2] * side[2]
            local[k, 1] = -(seen[k, 0] * up[0] + seen[k, 1] * up[1] + seen[k, 2] * up[2])
            local[k, 2] = -(seen[k, 0] * w[0] + seen[k, 1] * w[1] + seen[k, 2] * w[2])
        # The face fills the map; what lies beyond it is lit.
        scale = SHADOW_MAP / 24.0
        local[:, 0] = local[:, 0] * scale + SHADOW_MAP / 2
        local[:, 1] = local[:, 1] * scale + SHADOW_MAP / 2
        depth = np.full((SHADOW_MAP, SHADOW_MAP), 1e9, np.float32)
        owner = np.empty((SHADOW_MAP, SHADOW_MAP), np.int32)
        zbuffer(local, triangles, depth, owner, True)
        for k in range(count):
            facing = normal[k, 0] * w[0] + normal[k, 1] * w[1] + normal[k, 2] * w[2]
            share = 1.0
            if cosine:
                share = max(facing, 0.0)
                weight[k] += share
            else:
                weight[k] += 1.0
            if share <= 0:
                continue
            x, y = int(local[k, 0]), int(local[k, 1])
            lit = 1.0
            if 0 <= x < SHADOW_MAP and 0 <= y < SHADOW_MAP:
                behind = local[k, 2] - depth[y, x] - SHADOW_BIAS
                lit = 1.0 - min(max(behind / SHADOW_SOFT, 0.0), 1.0)
            total[k] += share * lit
    return total / weight


@numba.njit(**_options)
def noise_at(volume, x, y, z):
    """Trilinear value of the repeating noise cube."""
    fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
    x, y, z = x - fx, y - fy, z - fz
    i, j, k = int(fx) & 63, int(fy) & 63, int(fz) & 63
    p, q, r = (i + 1) & 63, (j + 1) & 63, (k + 1) & 63
    near = (volume[i, j, k] * (1 - x) + volume[p, j, k] * x) * (1 - y) + (
        volume[i, q, k] * (1 - x) + volume[p, q, k] * x
    ) * y
    far = (volume[i, j, r] * (1 - x) + volume[p, j, r] * x) * (1 - y) + (
        volume[i, q, r] * (1 - x) + volume[p, q, r] * x
    ) * y
    return near * (1 - z) + far * z


@numba.njit(**_options)
def _smooth(x):
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


@numba.njit(**_options)
def draw(screen, triangles, attributes, light, eyes, hair_colour, noise, offset, volume, picture):
    """Shade everything into the picture [H, W, 3] (linear), which holds the background."""
    height, width = picture.shape[:2]
    depth = np.full((height, width), 1e9, np.float32)
    owner = np.full((height, width), -1, np.int32)
    zbuffer(screen, triangles, depth, owner, True)
    key, key_colour, fill, fill_colour, sky, ground = light[0], light[1], light[2], light[3], light[4], light[5]
    key_half = key + np.array([0.0, 0.0, 1.0], np.float32)
    key_half /= np.sqrt((key_half * key_half).sum())
    fill_half = fill + np.array([0.0, 0.0, 1.0], np.float32)
    fill_half /= np.sqrt((fill_half * fill_half).sum())
    at = np.empty(ATTRIBUTES, np.float32)
    n = np.empty(3, np.float32)
    for row in range(height):
        for column in range(width):
            t = owner[row, column]
            if t < 0:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            x0, y0 = screen[a, 0], screen[a, 1]
            ex, ey, gx, gy = screen[b, 0] - x0, screen[b, 1] - y0, screen[c, 0] - x0, screen[c, 1] - y0
            inverse = 1.0 / (ex * gy - ey * gx)
            px, py = column + 0.5 - x0, row + 0.5 - y0
            u, v = (px * gy - py * gx) * inverse, (ex * py - ey * px) * inverse
            w = 1 - u - v
            for k in range(ATTRIBUTES):
                at[k] = w * attributes[a, k] + u * attributes[b, k] + v * attributes[c, k]
            x, y, z = at[3], at[4], at[5]
            lx, ly, lz = x + offset[0], y + offset[1], z + offset[2]
            red, green, blue = at[6], at[7], at[8]
            gloss, power = at[9], at[10]
            eye = at[20]
            is_eye = abs(eye) > 0.9
            skin = at[22]
            brow, beard, hair, lip = at[16], at[17], at[18], at[19]
            n[0], n[1], n[2] = at[0], at[1], at[2]
            glint = 0.0
            if is_eye:
                cx, cy = (eyes[0], eyes[1]) if eye > 0 else (eyes[2], eyes[3])
                dx, dy = x - cx, y - cy
                radius = np.sqrt(dx * dx + dy * dy)
                angle = np.arctan2(dy, dx)
                veins = _smooth((abs(dx) - 0.75) / 0.8) * 0.4
                red, green, blue = eyes[9], eyes[10] * (1 - veins * 0.45), eyes[11] * (1 - veins * 0.5)
                iris = _smooth((eyes[4] + 0.03 - radius) / 0.06)
                fibre = 0.75 + 0.4 * noise_at(volume, 9 * np.cos(angle) + offset[0], 9 * np.sin(angle), radius * 3)
                lower = 1 + 0.7 * _smooth((-dy + 0.1) / 0.5)
                rim = 1 - 0.7 * _smooth((radius - 0.78 * eyes[4]) / (0.2 * eyes[4]))
                bright = max(fibre, 0.25) * lower * rim
                red += iris * (eyes[6] * bright - red)
                green += iris * (eyes[7] * bright - green)
                blue += iris * (eyes[8] * bright - blue)
                dark = 1 - 0.97 * _smooth((eyes[5] + 0.02 - radius) / 0.04)
                red, green, blue = red * dark, green * dark, blue * dark
                n[0] += iris * dx / CORNEA  # what mirrors is round, though the iris behind it is flat
                n[1] += iris * dy / CORNEA
                glint = 1.0
            elif skin > 0.5:
                blotch = noise_at(volume, lx * 0.7, ly * 0.7, lz * 0.7) + 0.6 * noise_at(volume, lx * 2, ly * 2, lz * 2)
                pores = noise_at(volume, lx * 7, ly * 7, lz * 7)
                fine = noise_at(volume, lx * 17, ly * 17, lz * 17)
                value = 1 + noise[0] * blotch * 0.6 + noise[2] * (0.7 * pores + 0.5 * fine)
                spots = max(noise_at(volume, lx * 4.3, ly * 4.3, lz * 4.3) - 1.7, 0.0) * noise[1] * 4
                red *= value * (1 - 0.6 * spots)
                green *= value * (1 - spots) * (1 - 0.2 * noise[0] * blotch)
                blue *= value * (1 - 1.1 * spots) * (1 - 0.2 * noise[0] * blotch)
                crease = noise_at(volume, lx * 6, ly * 1.2, lz * 1.2)
                value = 1 + lip * noise[3] * crease
                red, green, blue = red * value, green * value, blue * value
                bump = noise[4] * 6
                step = 0.15
                n[0] += bump * (1 - hair) * (pores - noise_at(volume, (lx + step) * 7, ly * 7, lz * 7))
                n[1] += bump * (1 - hair) * (pores - noise_at(volume, lx * 7, (ly + step) * 7, lz * 7))
                if lip > 0.05:
                    n[0] += 1.1 * lip * noise[3] * (crease - noise_at(volume, (lx + 0.08) * 6, ly * 1.2, lz * 1.2))
                if beard > 0.02:
                    strand = 0.55 + 0.5 * noise_at(volume, lx * 15, ly * 5, lz * 9)
                    cover = min(max(beard * noise[5] * strand * 1.8, 0.0), 0.95)
                    red += cover * (hair_colour[0] * 1.3 - red)
                    green += cover * (hair_colour[1] * 1.3 - green)
                    blue += cover * (hair_colour[2] * 1.3 - blue)
                    gloss *= 1 - cover
                if brow > 0.02:
                    along = at[21]
                    strand = 0.5 + 0.4 * noise_at(volume, along * 20 - ly * 7 + offset[0], ly * 3, offset[2])
                    cover = min(max(brow * (0.75 + 0.4 * strand), 0.0), 0.97)
                    red += cover * (hair_colour[0] - red)
                    green += cover * (hair_colour[1] - green)
                    blue += cover * (hair_colour[2] - blue)
                    gloss *= 1 - 0.8 * cover
                if hair > 0.05:
                    strand = 1 + 0.45 * hair * noise_at(volume, lx * 6, ly * 0.8, lz * 2.5)
                    red, green, blue = red * strand, green * strand, blue * strand
            else:
                value = 1 + 0.05 * noise_at(volume, lx * 4, ly * 4, lz * 4)
                red, green, blue = red * value, green * value, blue * value
                n[0] += 0.06 * noise_at(volume, lx * 5, ly * 5, lz * 5)
                n[1] += 0.06 * noise_at(volume, lx * 5 + 20, ly * 5, lz * 5)
            norm = 1.0 / np.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])
            n[0], n[1], n[2] = n[0] * norm, n[1] * norm, n[2] * norm
            key_facing = n[0] * key[0] + n[1] * key[1] + n[2] * key[2]
            fill_facing = n[0] * fill[0] + n[1] * fill[1] + n[2] * fill[2]
            seen, open_ = at[14], at[15]
            if is_eye:
                open_ = open_ * 0.9
            spec_key = max(n[0] * key_half[0] + n[1] * key_half[1] + n[2] * key_half[2], 0.0) ** power
            spec_fill = max(n[0] * fill_half[0] + n[1] * fill_half[1] + n[2] * fill_half[2], 0.0) ** power
            shine = gloss * (spec_key * min(max(key_facing * 4, 0.0), 1.0) * (seen if glint == 0 else max(seen, 0.3)))
            shine_fill = gloss * spec_fill * min(max(fill_facing * 4, 0.0), 1.0) * open_
            rim = max(1 - n[2], 0.0) ** 4 * 0.05 * open_
            up = 0.5 + 0.5 * n[1]
            for channel in range(3):
                wrap = at[11 + channel]
                lit = max((key_facing + wrap) / (1 + wrap), 0.0) * seen ** (1 - 0.55 * wrap)
                filled = max((fill_facing + wrap) / (1 + wrap), 0.0) * open_ ** (1 - 0.4 * wrap)
                around = (ground[channel] + (sky[channel] - ground[channel]) * up) * open_ ** (1 - 0.5 * wrap)
                albedo = red if channel == 0 else (green if channel == 1 else blue)
                value = key_colour[channel] * (albedo * lit + shine) + fill_colour[channel] * (
                    albedo * filled + shine_fill
                )
                picture[row, column, channel] = value + albedo * around + rim * sky[channel]
