"""The published systems: one file each, its options with the published values, its losses, its players.

Their networks are those of ``statue_models.networks.published``, their recipes have their names, and what they have in
common is one room up: data, adversaries, the completion system, the judge.
"""
