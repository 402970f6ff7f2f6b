"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution


def _minibatch_path(x, y, w, learning_rate, epochs, batches_of_epoch, gradient):
    """The reference's loop with its batches and its gradient left open."""
    path = [w]
    for _ in range(epochs):
        for rows in batches_of_epoch():
            path.append(path[-1] - learning_rate * gradient(x[rows], y[rows], path[-1]))
    return np.stack(path)


@misconception(
    caught_by="mse_gradient_values",
    explanation="""
    Every entry has the right size and the wrong sign. The residual was taken as target minus
    prediction, and the minus that this brings out of the derivative was lost. Squaring hides the
    difference in the loss, since (a - b)² equals (b - a)², but the gradient is not squared: it
    depends on the order. A gradient must point uphill. With this one, a step that subtracts it
    climbs instead, and the loss grows at every step until the weights overflow. If your training
    does go down all the same, a second sign error in the update is probably cancelling the first,
    and it will return as soon as one of the two is repaired alone. Raise a single weight a little
    and see which way the loss moves.
    """,
    source="Deep-ML#273: residual sign reversed, training diverges",
)
class subtracts_the_prediction_from_the_target:
    """mse_gradient returns the gradient with its sign reversed"""

    def mse_gradient(x, y, w):
        return 2 * (x.T @ (y - x @ w)) / x.shape[0]


@misconception(
    caught_by="mse_gradient_values",
    explanation="""
    Every entry is exactly half of what it should be. Differentiating a square brings down a factor
    2, and here it is missing. Many books put ½ in front of the loss so that the two cancel, and
    their formula ends in 1/N; the convention of this exercise has no ½, as the card in the README
    says, and so the 2 stays. Half a gradient still points exactly downhill, so training works and
    looks like a run with half the learning rate, which is why nobody notices. It comes to light
    when the gradient is held against differences of the loss, or when results are compared with
    somebody else's. Look at the constant in front of your sum.
    """,
    source="Deep-ML#54: 1/n where the stated loss needs 2/n",
)
class leaves_out_the_factor_two:
    """mse_gradient divides by N and never multiplies by 2"""

    def mse_gradient(x, y, w):
        return x.T @ (x @ w - y) / x.shape[0]


@misconception(
    caught_by="mse_gradient_is_a_mean_over_examples",
    explanation="""
    The result is N times too large: it is the gradient of the sum of the squared residuals, and
    the loss here is their mean. With one example the two are the same, so a test by hand passes.
    The direction is right as well; only the length grows with the amount of data. Give every
    example twice and this gradient doubles, although the data say nothing new. In training it
    means that a learning rate found on 100 examples blows up on 1000, and that a mini-batch and
    the full batch need different rates. Look for the place where the contributions of the examples
    are added up, and at what follows it.
    """,
    source="Summed instead of averaged, steps n times too long; derived",
)
class adds_up_the_examples:
    """mse_gradient sums over the examples and does not divide by N"""

    def mse_gradient(x, y, w):
        return 2 * (x.T @ (x @ w - y))


@misconception(
    caught_by="mse_gradient_values",
    explanation="""
    The result is the mean residual times the mean input. The formula asks for the mean of the
    products: each example's residual is multiplied by that example's own inputs, and the average
    is taken afterwards. The two orders agree when there is only one example, and in the column of
    ones that stands for a bias, so part of the answer is often right. But a mean of products is
    not a product of means. Residuals of +3 and -3 cancel to zero when they are averaged first, and
    then this gradient says that nothing is left to learn, although both predictions are far off.
    Look at what has already been reduced to a single number when the inputs come in.
    """,
    source="Mean taken before the product, as in np.mean(residual) * x; derived",
)
class multiplies_the_averages:
    """mse_gradient multiplies the mean residual by the mean input"""

    def mse_gradient(x, y, w):
        return 2 * np.mean(x @ w - y) * np.mean(x, axis=0)


@misconception(
    caught_by="batch_gradient_descent_path",
    explanation="""
    After one step the first weight is right and the others are slightly off. They were changed one
    after another, and the residuals were computed again in between, so the second weight's
    gradient already saw the new first weight. A step of gradient descent has one gradient, taken
    at one point, and moves all weights along it together. Going through the weights in turn is a
    different method, coordinate descent. It also goes downhill and reaches the same minimum, so
    the final weights look fine; only the path differs, and it is the path that is compared here.
    It often happens when slope and intercept are updated on two separate lines. Check which
    weights each gradient entry was computed from.
    """,
    source="Parameters updated in sequence, the second uses the new first; derived",
)
class changes_one_weight_after_another:
    """batch_gradient_descent computes each weight's gradient after changing the one before it"""

    def batch_gradient_descent(x, y, w, learning_rate, steps):
        path = [w]
        for _ in range(steps):
            current = np.array(path[-1])
            for d in range(w.shape[0]):
                current[d] -= learning_rate * solution.mse_gradient(x, y, current)[d]
            path.append(current)
        return np.stack(path)


@misconception(
    caught_by="batch_gradient_descent_path",
    explanation="""
    All rows of the path are equal: even row 0 holds the final weights. The final weights are
    right, so the steps themselves were computed properly. But only one array exists. Each update
    changed it in place, and the list received the same array again and again, not a picture of how
    it looked at that moment. A list stores references, and all of them lead to the newest numbers.
    The same accident can overwrite the caller's own starting point. It is hard to see in a quick
    test that prints only the last row. Find the statement that moves the weights, and ask whether
    it makes a new array or writes into the old one.
    """,
    source="The aliasing trap of w -= step followed by path.append(w); derived",
)
class stores_one_array_many_times:
    """batch_gradient_descent changes one array in place and stores it after every step"""

    def batch_gradient_descent(x, y, w, learning_rate, steps):
        current = np.array(w)
        path = [current]
        for _ in range(steps):
            current -= learning_rate * solution.mse_gradient(x, y, current)
            path.append(current)
        return np.stack(path)


@misconception(
    caught_by="batch_gradient_descent_goes_downhill",
    explanation="""
    The first step is right, and all later ones repeat it: the path is a straight line with equal
    steps. The gradient was computed once, at the starting point, and used to the end. But the
    gradient belongs to a place. As the weights approach the minimum it becomes shorter and turns,
    which is what makes descent slow down and stop in the right spot. An old gradient does neither:
    it walks straight past the minimum and up the other side. A test with a single step cannot see
    this, and with a small learning rate the first few steps hardly differ. Look at what is computed
    before your loop begins and what is computed inside it.
    """,
    source="Gradient computed outside the loop; derived",
)
class repeats_the_first_gradient:
    """batch_gradient_descent uses the gradient of the starting point for every step"""

    def batch_gradient_descent(x, y, w, learning_rate, steps):
        gradient = solution.mse_gradient(x, y, w)
        return np.stack([w - t * learning_rate * gradient for t in range(steps + 1)])


@misconception(
    caught_by="batch_gradient_descent_path",
    explanation="""
    The path has one row too few: it holds the weights after each update, and the place where the
    walk began is missing. The updates themselves may all be right. There are always more points
    than steps between them: three steps connect four points, just as a fence with three panels has
    four posts. Without the first point nobody can tell how far the first step went, and when no
    steps are asked for there is nothing to return at all, although the weights exist. The same
    count is behind many off-by-one errors in training loops, such as a history of losses that is
    shifted by one. Look at when you store the weights for the first time.
    """,
    source="Fence-post error in recorded training histories; derived",
)
class leaves_out_the_starting_point:
    """The descents return only the weights after each update"""

    def batch_gradient_descent(x, y, w, learning_rate, steps):
        return solution.batch_gradient_descent(x, y, w, learning_rate, steps)[1:]

    def stochastic_gradient_descent(x, y, w, learning_rate, order):
        return solution.stochastic_gradient_descent(x, y, w, learning_rate, order)[1:]

    def minibatch_gradient_descent(x, y, w, learning_rate, batch_size, epochs, generator):
        path = solution.minibatch_gradient_descent(
            x, y, w, learning_rate, batch_size, epochs, generator
        )
        return path[1:]


@misconception(
    caught_by="stochastic_gradient_descent_path",
    explanation="""
    The path is the one of batch gradient descent, with as many steps as the order has entries: the
    examples that order names make no difference. The loop runs over order, but the gradient inside
    it is still that of all the data. It is an easy slip, because the code is the batch version
    with another loop around it, and it converges even more smoothly than it should, so nobody
    complains. What is lost is the whole idea: a stochastic step costs one example, not N, and is
    therefore noisy. A single example pulls the weights toward its own target only. Check which
    rows of x and y are handed to the gradient inside the loop.
    """,
    source="Loop variable never used inside the loop; derived",
)
class uses_all_examples_in_every_step:
    """stochastic_gradient_descent takes the gradient of all the data for each entry of order"""

    def stochastic_gradient_descent(x, y, w, learning_rate, order):
        return solution.batch_gradient_descent(x, y, w, learning_rate, len(order))


@misconception(
    caught_by="stochastic_gradient_descent_path",
    explanation="""
    The steps were made with examples 0, 1, 2 and so on, whatever order says; only its length was
    used. The loop counts positions in order, and the position was then taken for the example. The
    entry at that position is what names the example, so there is one more look-up to do. When the
    order happens to be 0, 1, 2, … both are the same, and that is what most people try first. In
    training the slip means that the data are never really shuffled: sorted data are visited class
    by class, and the weights are dragged to and fro. Ask of each number in your loop whether it
    says "how many steps so far" or "which example".
    """,
    source="Index of the loop taken for the shuffled id; derived",
)
class visits_the_examples_as_they_are_stored:
    """stochastic_gradient_descent visits examples 0, 1, 2, … and ignores what order says"""

    def stochastic_gradient_descent(x, y, w, learning_rate, order):
        positions = np.arange(len(order)) % len(y)
        return solution.stochastic_gradient_descent(x, y, w, learning_rate, positions)


@misconception(
    caught_by="stochastic_gradient_descent_path",
    explanation="""
    The directions are right, but every step is N times too short: the gradient of a single example
    was divided by the number of all examples. The 1/N in the formula is the mean over the rows
    that the gradient is made of. One example is a batch of one, and its mean is itself, so nothing
    is left to divide by. With the extra factor an entire epoch moves the weights about as far as
    one batch step, and stochastic descent looks useless, though its point is to move N times as
    often. Nothing diverges, the loss falls, and a larger learning rate hides it. Look at the count
    you divide by, and at whether it belongs to the rows in use.
    """,
    source="Batch formula kept with its N when one example is used; derived",
)
class divides_one_example_by_the_number_of_all:
    """stochastic_gradient_descent divides the gradient of each example by N"""

    def stochastic_gradient_descent(x, y, w, learning_rate, order):
        return solution.stochastic_gradient_descent(x, y, w, learning_rate / len(y), order)


@misconception(
    caught_by="minibatches_use_every_example_once",
    explanation="""
    The full batches are right, and what was left at the end is missing. The number of batches was
    found by dividing n by batch_size and rounding down, so up to batch_size - 1 examples are not
    in any batch. If batch_size is larger than n there is no batch at all and nothing is ever
    learned. It goes unnoticed with round numbers, such as 100 examples in batches of 10, where
    nothing is left over. Some libraries offer this as an option, called drop last; the convention
    of this exercise is to keep the shorter batch. Count the entries of all your batches together
    and compare the total with n, for an n that batch_size does not divide.
    """,
    source="n // batch_size batches; PyTorch's DataLoader has it as drop_last. Derived",
)
class drops_the_short_last_batch:
    """minibatches returns only the batches that are full"""

    def minibatches(n, batch_size, generator):
        batches = solution.minibatches(n, batch_size, generator)
        return [batch for batch in batches if len(batch) == batch_size]


@misconception(
    caught_by="minibatches_use_every_example_once",
    explanation="""
    Some examples occur twice and others not at all: each batch was drawn by itself, with every
    number free to come up again. The sizes are right and all numbers lie between 0 and n-1, so the
    batches look fine. But an epoch is one pass through the data. When n numbers are drawn with
    repetition, about 37 percent of the examples stay out of the epoch, and which ones is luck.
    Training still works on average, which keeps this alive. Shuffling is another thing than
    drawing: like a deck of cards, all numbers are put into a random order once and then dealt out,
    so none can return and none is left behind. Look at the generator's method you call.
    """,
    source="generator.integers or choice with replacement per batch; derived",
)
class draws_with_repetition:
    """minibatches draws the examples of each batch independently"""

    def minibatches(n, batch_size, generator):
        starts = range(0, n, batch_size)
        return [generator.integers(n, size=min(batch_size, n - start)) for start in starts]


@misconception(
    caught_by="minibatches_values",
    explanation="""
    The batches are the numbers 0 to n-1 in their natural order: nothing was shuffled. The cutting
    is right, every example occurs exactly once, and the sizes fit, so a test that counts the
    examples is satisfied. But the generator was not used for the result. Data are often stored
    sorted, all examples of one kind first, and then each batch shows one kind only: every step
    pulls the weights toward that kind, and the next steps pull them back. The same batches also
    return in every epoch. A shuffling function that returns a new array leaves the old one as it
    was, so check that the shuffled numbers are the ones you cut.
    """,
    source="Result of permutation thrown away, or sorted data cut as they are; derived",
)
class cuts_without_shuffling:
    """minibatches cuts 0, 1, 2, … in that order"""

    def minibatches(n, batch_size, generator):
        order = np.arange(n)
        return [order[start : start + batch_size] for start in range(0, n, batch_size)]


@misconception(
    caught_by="minibatch_gradient_descent_path",
    explanation="""
    The first epoch is right, and every later one repeats its batches in the same order: the
    examples were shuffled once, before the loop over the epochs. A test with one epoch cannot
    notice. With several, the same examples always meet in a batch and always in the same sequence,
    so their noise never averages out, and the last batch has the last word in every epoch. The
    convention is a new shuffle for each epoch, drawn from the same generator, which goes on where
    it stopped. Beware also of making a new generator from one fixed seed in every epoch: that
    gives the same permutation again. Look at which loop your shuffle stands in.
    """,
    source="Shuffle outside the epoch loop; derived",
)
class shuffles_only_once:
    """minibatch_gradient_descent uses the batches of the first epoch in all epochs"""

    def minibatch_gradient_descent(x, y, w, learning_rate, batch_size, epochs, generator):
        batches = solution.minibatches(len(y), batch_size, generator)
        return _minibatch_path(
            x, y, w, learning_rate, epochs, lambda: batches, solution.mse_gradient
        )


@misconception(
    caught_by="minibatch_gradient_descent_path",
    explanation="""
    Each step is as many times too long as its batch has examples: the gradients of a batch were
    added up, not averaged. The loss of a mini-batch is the mean over its rows, like the loss of
    all the data, and its gradient is meant to be a cheap estimate of the full one. A sum is not:
    with batches of 32 it is about 32 times as large, so the learning rate has to change whenever
    the batch size does. A short last batch also gets less weight per step than the others. With
    batches of one there is no difference, and the direction is always right. Look for a loop that
    collects one example after another, and for what is done with the total.
    """,
    source="Sum over the batch in place of the mean, rate depends on batch size; derived",
)
class adds_up_the_examples_of_a_batch:
    """minibatch_gradient_descent steps along the sum of the gradients of a batch"""

    def minibatch_gradient_descent(x, y, w, learning_rate, batch_size, epochs, generator):
        return _minibatch_path(
            x,
            y,
            w,
            learning_rate,
            epochs,
            lambda: solution.minibatches(len(y), batch_size, generator),
            lambda x, y, w: solution.mse_gradient(x, y, w) * len(y),
        )


@misconception(
    caught_by="minibatch_gradient_descent_path",
    explanation="""
    All steps with a full batch are right; the step with the short last batch is too small, and
    everything after it is slightly off. The sum over the batch was divided by batch_size, but that
    batch holds fewer examples than batch_size. A mean divides by the number of things that were
    added, and only the batch itself knows that number. If one example is left over and batch_size
    is 3, it counts for a third of what it should. The slip is invisible whenever batch_size divides
    the number of examples, and even otherwise it costs only a little speed, so training curves do
    not show it. Look at the count in your denominator and at where it comes from.
    """,
    source="Nominal batch size in the denominator of a short batch; derived",
)
class divides_the_short_batch_by_batch_size:
    """minibatch_gradient_descent divides by batch_size even when a batch has fewer rows"""

    def minibatch_gradient_descent(x, y, w, learning_rate, batch_size, epochs, generator):
        size = min(batch_size, len(y))
        return _minibatch_path(
            x,
            y,
            w,
            learning_rate,
            epochs,
            lambda: solution.minibatches(len(y), batch_size, generator),
            lambda x, y, w: solution.mse_gradient(x, y, w) * len(y) / size,
        )


@misconception(
    caught_by="minibatch_gradient_descent_meets_the_others",
    explanation="""
    The rows of x were taken in the shuffled order and the targets were not, so each example is
    paired with another one's target. The clearest sign is in the relations: with batches of all N
    examples the order cannot matter, and yet the result changed; and on data that the weights fit
    perfectly the first step already moves away. Shapes and types are all right, nothing crashes,
    and the loss even falls for a while, because the weights learn to predict the average target.
    It also happens when x and y are shuffled by two separate draws. An example is a pair, and a
    shuffle has to carry both halves. Look at every array that is indexed inside your loop.
    """,
    source="Inputs and labels shuffled apart, a classic of hand-written training loops; derived",
)
class shuffles_inputs_without_targets:
    """minibatch_gradient_descent takes shuffled rows of x and the targets as they are stored"""

    def minibatch_gradient_descent(x, y, w, learning_rate, batch_size, epochs, generator):
        path = [w]
        for _ in range(epochs):
            start = 0
            for rows in solution.minibatches(len(y), batch_size, generator):
                targets = y[start : start + len(rows)]
                gradient = solution.mse_gradient(x[rows], targets, path[-1])
                path.append(path[-1] - learning_rate * gradient)
                start += len(rows)
        return np.stack(path)
