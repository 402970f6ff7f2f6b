"""Wrong implementations of the miniature."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


@misconception(caught_by="mean_values", explanation="The sum, not the mean.", source="made up")
class returns_the_sum:
    """mean_forward returns the sum"""

    def mean_forward(x, weight=None):
        out, share = solution.mean_forward(x, weight)
        return out * x.shape[0], share


@misconception(caught_by="mean_gradients", explanation="Every row gets all.", source="made up")
class gives_every_row_everything:
    """mean_backward does not divide"""

    def mean_backward(dout, cache):
        return array_namespace(cache).ones_like(cache)[:, None] * dout[None, :]


@misconception(caught_by="counter_total", explanation="It forgets.", source="made up")
class forgets_the_total:
    """Counter returns only the last sum"""

    class Counter(solution.Counter):
        def add(self, x):
            self.total = array_namespace(x).sum(x)
            return self.total
