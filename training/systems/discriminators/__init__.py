"""Networks that tell pictures from generated ones. They give logits; what is made of them is the loss's business.

Each takes a picture (N, 3, H, W) in [-1, 1] and, where it has one, a condition (N, C, H, W).
"""
