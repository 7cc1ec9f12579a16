import math

import pytest
import torch

from cellsearch.config import OptimizerConfig
from cellsearch.train import optimizer


def parameters(scale):
    generator = torch.Generator().manual_seed(1)
    made = [torch.nn.Parameter(torch.zeros(s)) for s in [(3, 4), (5,), (2, 2)]]
    for p in made:
        p.grad = scale * torch.randn(p.shape, generator=generator)
    return made


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 50.0])
def test_clipping_agrees_with_torch(scale):
    ours, theirs = parameters(scale), parameters(scale)
    grads = optimizer.gradients(ours)
    size = optimizer.norm(grads).item()
    optimizer.clip(grads, size, 1.0)
    expected = torch.nn.utils.clip_grad_norm_(theirs, 1.0).item()
    assert size == pytest.approx(expected, rel=1e-6)
    for a, b in zip(ours, theirs, strict=True):
        # torch divides by the norm plus 1e-6.
        torch.testing.assert_close(a.grad, b.grad, rtol=3e-6, atol=0)


def test_a_gradient_within_the_bound_is_left_alone_to_the_bit():
    ours, untouched = parameters(0.01), parameters(0.01)
    grads = optimizer.gradients(ours)
    optimizer.clip(grads, optimizer.norm(grads).item(), 1.0)
    assert all(torch.equal(a.grad, b.grad) for a, b in zip(ours, untouched, strict=True))


def test_a_clipped_gradient_has_the_bound_as_its_norm_and_keeps_its_direction():
    ours, before = parameters(50.0), parameters(50.0)
    grads = optimizer.gradients(ours)
    optimizer.clip(grads, optimizer.norm(grads).item(), 0.25)
    assert optimizer.norm(grads).item() == pytest.approx(0.25, rel=1e-6)
    ratios = torch.cat([(a.grad / b.grad).flatten() for a, b in zip(ours, before, strict=True)])
    torch.testing.assert_close(ratios, ratios[:1].expand_as(ratios))


def test_a_large_finite_gradient_has_a_finite_norm():
    assert optimizer.norm([torch.full((4,), 1e30)]).item() == pytest.approx(2e30)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_has_no_finite_norm(bad):
    assert not math.isfinite(optimizer.norm([torch.ones(3), torch.tensor([1.0, bad])]).item())


def test_parameters_without_a_gradient_are_left_out():
    made = parameters(1.0)
    made[1].grad = None
    assert len(optimizer.gradients(made)) == 2


def one_step(config, weight=2.0, grad=0.5, rate=None):
    p = torch.nn.Parameter(torch.tensor([weight], dtype=torch.float64))
    made = optimizer.build(config, [p])
    if rate is not None:
        optimizer.set_rate(made, rate)
    p.grad = torch.tensor([grad], dtype=torch.float64)
    made.step()
    return p.item()


def test_sgd_adam_and_adamw_are_what_they_are_called():
    keys = {"learning_rate": 0.1, "weight_decay": 0.2, "epsilon": 1e-12}
    assert one_step(OptimizerConfig(name="sgd", **keys)) == pytest.approx(2 - 0.1 * (0.5 + 0.2 * 2))
    # The first step of Adam is the sign of the gradient, which the decay is part of.
    assert one_step(OptimizerConfig(name="adam", **keys), grad=-0.3) == pytest.approx(2 - 0.1)
    assert one_step(OptimizerConfig(name="adamw", **keys)) == pytest.approx(2 - 0.1 * 0.2 * 2 - 0.1)


def test_the_rate_of_the_next_update_is_set():
    config = OptimizerConfig(name="sgd", learning_rate=0.1)
    assert one_step(config, rate=0.01) == pytest.approx(2 - 0.01 * 0.5)


def test_momentum_and_betas_are_passed_on():
    config = OptimizerConfig(name="sgd", momentum=0.7)
    assert optimizer.build(config, parameters(1)).param_groups[0]["momentum"] == 0.7
    config = OptimizerConfig(betas=(0.8, 0.95))
    assert optimizer.build(config, parameters(1)).param_groups[0]["betas"] == (0.8, 0.95)
