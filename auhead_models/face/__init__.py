"""Face geometry: detector, landmarks, canonical mesh, AU deformation, FaceMap, warp, AUs from landmarks.

Coordinates, settled here once. Image space: x to the right, y down, pixel centres at .5, so the top left pixel covers
[0, 1] x [0, 1]. Depth of a landmark grows away from the camera, in pixels. Canonical space: centimetres, +x the
subject's left, +y up, +z out of the face. "Left" always means the subject's left.
"""
