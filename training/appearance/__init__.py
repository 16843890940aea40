"""What carving, wear and light leave on statues' faces, learnt from labelled photographs: no network, no GPU.

``maps`` fits heads to photographs and lays out what light on a bare head does not explain; ``learning`` makes a
Gaussian of these maps, that of ``statue_models.head.appearance``; ``judging`` hides parts of maps that it has not
learnt from; ``run`` takes turns between them, since the model bears on the next fit of the light, and ships it.
"""
