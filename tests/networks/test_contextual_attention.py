"""What contextual attention borrows, and from where."""

import torch

from statue_models.networks.contextual_attention import ContextualAttention


def test_the_hole_borrows_from_visible_patches_alone():
    x = torch.randn(1, 4, 16, 16)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 24:40, 24:40] = 1
    x[..., 6:10, 6:10] = 100.0
    borrowed = ContextualAttention()(x, mask)
    assert borrowed.shape == x.shape
    assert borrowed.abs().max() < 20


def test_a_place_finds_what_is_like_it():
    """A picture of four stripes each way: sharp attention gives every visible place its like back."""
    x = torch.zeros(1, 4, 16, 16)
    for index in range(4):
        x[:, index, :, index::4] = 1
    borrowed = ContextualAttention(sharpness=1e4)(x.requires_grad_(), torch.zeros(1, 1, 16, 16))
    assert torch.allclose(borrowed[..., 4:-4, 4:-4], x[..., 4:-4, 4:-4], atol=1e-4)
    borrowed.sum().backward()
    assert x.grad.isfinite().all()


def test_without_anything_visible_it_still_gives_numbers():
    borrowed = ContextualAttention()(torch.randn(2, 3, 8, 8), torch.ones(2, 1, 32, 32))
    assert borrowed.isfinite().all()
