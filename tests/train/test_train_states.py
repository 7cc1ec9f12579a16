import torch

from cellsearch.train.states import carried, restarted, spread


def state(layers, streams, width, first):
    size = layers * streams * width
    return torch.arange(first, first + size, dtype=torch.float64).view(layers, streams, width)


def test_marked_streams_start_anew_in_every_layer_and_part():
    held = state(2, 3, 4, 0), torch.ones(2, 3, 5, 5)
    start = state(2, 3, 4, 1000), torch.zeros(2, 3, 5, 5)
    anew = torch.tensor([False, True, False])
    got = restarted(held, start, anew)
    for part, before, beginning in zip(got, held, start, strict=True):
        assert torch.equal(part[:, 1], beginning[:, 1])
        assert torch.equal(part[:, ::2], before[:, ::2])


def test_a_single_state_stays_a_tensor():
    anew = torch.tensor([True, False])
    got = restarted(state(1, 2, 3, 0), state(1, 2, 3, 50), anew)
    assert got.tolist() == [[[50, 51, 52], [3, 4, 5]]]


def test_a_learned_start_gets_a_gradient_from_the_streams_that_start_anew():
    start = torch.nn.Parameter(torch.zeros(3))
    anew = torch.tensor([True, False, True])
    restarted(torch.ones(1, 3, 3), start.expand(1, 3, 3), anew).sum().backward()
    assert start.grad.tolist() == [2, 2, 2]


def test_what_is_carried_has_no_history_and_one_layout():
    weight = torch.nn.Parameter(torch.ones(2, 3, 4))
    moved = weight.transpose(0, 2) * 2
    got = carried((moved, moved[::2]))
    for part, source in zip(got, (moved, moved[::2]), strict=True):
        assert torch.equal(part, source)
        assert part.is_contiguous()
        assert not part.requires_grad
        assert part.data_ptr() != source.data_ptr()


def test_streams_are_spread_over_another_number_of_streams():
    held = state(2, 3, 1, 0)
    assert spread(held, 5)[0, :, 0].tolist() == [0, 1, 2, 0, 1]
    assert spread((held,), 2)[0][1, :, 0].tolist() == [3, 4]
