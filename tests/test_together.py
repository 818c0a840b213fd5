"""Two things at the same time: both are done, and what goes wrong in one of them is heard of."""

import threading

import pytest
from threadpoolctl import threadpool_info

from qa_toolkit.suggest.together import one_core, together


def test_both_run_at_the_same_time():
    meet = threading.Barrier(2, timeout=60)
    assert together(lambda: ("a", meet.wait() >= 0), lambda: ("b", meet.wait() >= 0)) == (("a", True), ("b", True))


@pytest.mark.parametrize("wrong", [0, 1])
def test_an_error_of_either_is_raised_when_both_have_ended(wrong):
    ended = []

    def work(number):
        ended.append(number)
        if number == wrong:
            raise KeyError(number)

    with pytest.raises(KeyError, match=str(wrong)):
        together(lambda: work(0), lambda: work(1))
    assert sorted(ended) == [0, 1]


def cores():
    """Of the products of NumPy: other tests load libraries that have products of their own."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas" and "numpy" in pool["filepath"]]
    assert pools
    return {pool["num_threads"] for pool in pools}


def test_products_of_matrices_run_on_one_core_in_all_threads_and_as_before_afterwards():
    before = cores()
    with one_core():
        assert together(cores, cores) == ({1}, {1})
        with one_core():
            assert cores() == {1}
        assert cores() == {1}
    assert cores() == before
    with pytest.raises(KeyError), one_core():
        raise KeyError
    assert cores() == before
