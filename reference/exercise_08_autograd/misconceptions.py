"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from grader.spec import misconception, solution


@misconception(
    caught_by="value_graphs",
    explanation="""
    Where a value is used once its gradient is right; where it is used twice it is not, and equals
    what came along one of the two paths. The gradient of a value is the sum over all paths from it
    to the output, because moving it a little moves the output along every one of them. Here each
    path assigns its contribution and so wipes out the one before. Chains and trees have a single
    path to every value, and all textbook examples of the chain rule are chains, so such an engine
    passes them. In a network almost everything is shared: a weight serves all examples of a batch,
    an input all units of a layer. Look at the line that writes into an operand's grad.
    """,
    source="karpathy/nn-zero-to-hero#52; Griewank and Walther (2008), section 3.2",
)
class overwrites_the_gradient:
    """Value.backward writes grad with = instead of +="""

    class Value(solution.Value):
        def backward(self):
            _clear(solution.topological_order(self))
            self.grad = 1.0
            for value in reversed(solution.topological_order(self)):
                for operand, slope in value._parts:
                    operand.grad = slope * value.grad


@misconception(
    caught_by="value_graphs",
    explanation="""
    Gradients are right until one value stands on both sides of an operator, as in x + x or x * x;
    then one of the two contributions is missing. x + x grows twice as fast as x, so both places
    have to be counted, although they hold the same object. You probably keep the operands, or
    their slopes, in a set or in a dict with the operand as its key. A set is the right thing for
    asking which values exist; it is the wrong thing for passing gradients on, since the second
    entry replaces the first. Tests that square something with ** do not show it, and neither do
    values that are shared by two different operations. Ask how many entries your record of x * x
    has.
    """,
    source="Sets of children copied from teaching engines; derived",
)
class loses_one_of_two_equal_operands:
    """An operation remembers its operands as the keys of a dict"""

    class Value(solution.Value):
        def _apply(self, rule, *others):
            out = super()._apply(rule, *others)
            out._parts = tuple(dict(out._parts).items())
            return out


@misconception(
    caught_by="value_backward_again",
    explanation="""
    The first backward is right. The second one adds its gradients to those of the first, so leaves
    come out larger than they should, and what lies deeper in the graph is further off still,
    since old gradients are passed on together with new ones. Some libraries let leaves accumulate
    on purpose and ask the user to clear them before each step; forgetting that is one of the most
    common faults in training loops. This exercise makes the other choice: each backward begins
    from zero. A test that calls backward once on a fresh graph cannot tell the two apart. You add
    to grad, which is right. What should be in grad before the first addition, and who puts it
    there?
    """,
    source="karpathy/micrograd#102; the missing zero_grad of training loops",
)
class adds_to_the_last_gradients:
    """Value.backward starts from whatever grad holds"""

    class Value(solution.Value):
        def backward(self):
            self.grad = 1.0
            _pass_on(solution.topological_order(self))


@misconception(
    caught_by="value_backward_again",
    explanation="""
    A second backward gives wrong gradients, though you do clear something first: the values without
    operands, and only those. The values in between still hold what the backward before left in
    them. They receive the new gradient on top and pass the sum on, so that even the leaves, which
    started from zero, come out wrong. It happens when clearing is thought of as something for the
    parameters, as an optimiser's zero_grad suggests, and it goes unnoticed while every step builds
    a new graph, because new values start at zero anyway. Which values take part in a backward pass?
    All of those must be at zero when it begins.
    """,
    source="karpathy/micrograd#102: gradients of values that are no leaves go stale",
)
class clears_only_the_leaves:
    """Value.backward sets grad to 0 for values without operands, but not for the others"""

    class Value(solution.Value):
        def backward(self):
            order = solution.topological_order(self)
            _clear([value for value in order if not value._parts])
            self.grad = 1.0
            _pass_on(order)


@misconception(
    caught_by="value_arithmetic_gradients",
    explanation="""
    Each gradient is the slope of one operation, without what lies between that operation and the
    output. The chain rule multiplies: how fast the output grows with this result, times how fast
    this result grows with its operand. The first factor is the grad of the result, and it is
    missing. If the output is the operation itself, that factor is 1 and nothing is lost, which is
    why checking operators one at a time, or seeding everything with ones, hides the mistake. Here
    the result was multiplied by a weight before backward was called, and that weight does not
    show up in your gradients. Look at what is added to an operand's grad.
    """,
    source="cs249r_book#2056: upstream gradient ignored; all-ones seeds hide it",
)
class ignores_the_incoming_gradient:
    """Value.backward adds the slope alone to an operand's grad"""

    class Value(solution.Value):
        def backward(self):
            order = solution.topological_order(self)
            _clear(order)
            self.grad = 1.0
            for value in reversed(order):
                for operand, slope in value._parts:
                    operand.grad += slope


@misconception(
    caught_by="value_functions",
    explanation="""
    The values of exp are right and its gradients are not: they use the number that went in where
    the number that came out is wanted. The exponential is its own derivative, so its slope at x is
    exp(x), the very number the forward pass just computed. In an engine, two numbers lie side by
    side under the same attribute, the data of the operand and the data of the result, and it is
    easy to reach for the wrong one. For log, the function next to it, the operand is what is
    needed. A look at signs helps: exp grows everywhere, so its slope is positive, and yours is
    negative for a negative x.
    """,
    source="karpathy/micrograd#102, comments; the slope is out.data and not self.data",
)
class differentiates_exp_by_its_input:
    """The slope of exp(x) is taken to be x"""

    class Value(solution.Value):
        def exp(self):
            return self._apply(lambda a: (math.exp(a), a))


@misconception(
    caught_by="value_functions",
    explanation="""
    tanh has the right values and the wrong slope: you computed one minus the square of the input.
    The rule is one minus the square of the output, 1 - tanh(x)², and in the usual notation, where y
    stands for the result and x for the operand, a single letter is all that differs. Near zero,
    tanh(x) is nearly x, so a test with small numbers sees no difference. Further out it matters:
    at x = 2 your slope is -3, although tanh never falls. Saving the square of the output is also
    the cheaper way, since the result is there already. Check the sign of your slope for a large
    input; it should fade to 0 from above.
    """,
    source="Mixing up input and output in derivative tables; derived",
)
class differentiates_tanh_by_its_input:
    """The slope of tanh(x) is taken to be 1 - x²"""

    class Value(solution.Value):
        def tanh(self):
            return self._apply(lambda a: (math.tanh(a), 1.0 - a * a))


@misconception(
    caught_by="value_functions",
    explanation="""
    relu lets the gradient through, or stops it, by the sign of the gradient itself. What decides is
    the sign of the number that entered relu in the forward pass: where it was positive, the output
    moved along with it, and any gradient passes, negative ones included; where it was negative,
    the output did not move, and nothing passes. Applying relu a second time, on the way back, looks
    pleasantly symmetric, and as long as gradients happen to be positive and inputs too, it is even
    right. A weight below zero behind the relu shows the difference at once. Look at what your
    condition compares with zero.
    """,
    source="Same mistake as in hand-written layers (see exercise 07); derived",
)
class opens_relu_by_the_gradient:
    """relu passes on positive gradients, whatever its input was"""

    class Value(solution.Value):
        def relu(self):
            return self._apply(lambda a: (max(a, 0.0), None))

        def backward(self):
            order = solution.topological_order(self)
            _clear(order)
            self.grad = 1.0
            for value in reversed(order):
                for operand, slope in value._parts:
                    gated = max(value.grad, 0.0)
                    operand.grad += gated if slope is None else slope * value.grad


@misconception(
    caught_by="value_arithmetic_gradients",
    explanation="""
    The gradient of a ** n has the factor n, but the exponent was not lowered: it is n times a to
    the power n, where the rule asks for n times a to the power n - 1. Compare x squared: its slope
    is 2x, a straight line, and yours is another parabola. The value is right, so only gradients
    tell. Division usually goes through the same code, with n = -1, and then it is off as well: the
    slope of 1/b is -1/b², and with the exponent kept it becomes -1/b. Both agree at a = 1, so a
    test with ones hides it. Look at the second half of your power's rule.
    """,
    source="Power rule half remembered; agrees at a = 1; derived",
)
class keeps_the_exponent:
    """The slope of a ** n is taken to be n * a ** n"""

    class Value(solution.Value):
        def __pow__(self, n):
            return self._apply(lambda a: (a**n, n * a**n))


@misconception(
    caught_by="value_arithmetic_gradients",
    explanation="""
    In a - b the gradient of a is right and that of b has the wrong sign. When b grows, the
    difference shrinks, so the slope towards b is -1. Copying addition and changing the sign in the
    forward line alone gives exactly this: the number is right and both slopes are still 1. Training
    then pushes everything that is subtracted in the wrong direction, a prediction in a squared
    error for example, and the loss grows. The safest subtraction is one that has no rule of its
    own: if a - b is built as a sum with something you already have, its gradients come from there.
    Check b.grad after (a - b).backward() by hand.
    """,
    source="Copied from addition; derived",
)
class keeps_the_sign_of_the_right_operand:
    """The slope of a - b towards b is taken to be 1"""

    class Value(solution.Value):
        def __sub__(self, other):
            return self._apply(lambda a, b: (a - b, 1.0, 1.0), other)


@misconception(
    caught_by="value_arithmetic",
    explanation="""
    A number on the left of - or / is treated as if it stood on the right: 3 - a gives a - 3, and
    5 / a gives a / 5. When the left operand is a plain number, Python does not know how to subtract
    your object from it and asks the object instead, through a method whose name begins with r. That
    method is called on the right operand, with the left one as its argument, so inside it self is
    what has to be subtracted. For + and * the order does not matter and one line can serve both
    sides, and copying that line to the other two is what went wrong. Work out which of the two is
    self in 3 - a.
    """,
    source="Reflected methods aliased to the plain ones; derived",
)
class swaps_the_sides_of_a_number:
    """number - value and number / value are computed the other way round"""

    class Value(solution.Value):
        def __rsub__(self, number):
            return self - number

        def __rtruediv__(self, number):
            return self / number


@misconception(
    caught_by="value_graphs",
    explanation="""
    Almost everything is right, until two different values happen to hold the same number: then one
    of them is skipped, and all that was reached through it gets no gradient from there. The search
    asks whether a value was visited already, and the answer depends on its number rather than on
    the object. That happens if the class defines equality by its data, as a dataclass does on its
    own, and the visited values are kept in a list, or if the numbers themselves are remembered.
    Random numbers are hardly ever equal, so tests with random inputs do not see it; zeros, ones and
    copied weights are equal all the time. Two values are the same only if they are the same object.
    """,
    source="Equality of dataclasses in visited lists; derived",
)
class takes_equal_numbers_for_one_value:
    """topological_order remembers visited values by their data"""

    def topological_order(output):
        if isinstance(output, solution.Tensor):
            return solution.topological_order(output)
        order, seen, todo = [], set(), [(output, False)]
        while todo:
            value, expanded = todo.pop()
            if expanded:
                order.append(value)
            elif value.data not in seen:
                seen.add(value.data)
                todo += [(value, True), *((operand, False) for operand, _ in value._parts)]
        return order


@misconception(
    caught_by="value_graphs",
    explanation="""
    Values that are used in several places make the gradients of everything before them too large.
    Your backward hands the gradient from a value to its operands and goes on from each of them at
    once. If a value is reached a second time, its grad by then holds the first contribution and the
    second, and the whole sum is sent on again, although the first part had been sent already. A
    value may pass its gradient on only when it is complete, that is, after all values that use it
    have passed on theirs. On trees no value is reached twice, so small tests are right. That is
    what the topological order is for: go through it, and visit each value once.
    """,
    source="Depth-first push without an order; Griewank and Walther (2008), section 3.2",
)
class passes_the_gradient_on_at_once:
    """Value.backward walks along each path and passes on what has arrived so far"""

    class Value(solution.Value):
        def backward(self):
            _clear(solution.topological_order(self))
            self.grad = 1.0
            todo = [self]
            while todo:
                value = todo.pop()
                for operand, slope in value._parts:
                    operand.grad += slope * value.grad
                    todo.append(operand)


@misconception(
    caught_by="value_graphs",
    explanation="""
    Only the values next to the output receive a gradient; everything further down stays at zero.
    The list itself is right, operands first and results after them, which is the order in which
    the numbers were computed. Gradients travel the other way. Walking through the list from its
    start, every value passes on a grad that is still zero, and the output, whose grad of 1 started
    it all, comes last, when nobody is left to pass it further. For an expression of a single
    operation the result is right, and so the first tests pass. From which end of the list does the
    information come when you go back?
    """,
    source="Post-order walked without reversal; common in first engines, derived",
)
class walks_the_order_forwards:
    """Value.backward goes through the topological order from the leaves to the output"""

    class Value(solution.Value):
        def backward(self):
            order = solution.topological_order(self)
            _clear(order)
            self.grad = 1.0
            _pass_on(order[::-1])


@misconception(
    caught_by="topological_order_relations",
    explanation="""
    The list has every value once, but some values come before one of their operands. You note a
    value when it is first met and walk on to its operands afterwards, then turn the list round. On
    a chain or a tree that is a correct order. It fails where a value is reached by a short way and
    by a long one: it is noted early, by the short way, and ends up behind values on the long way
    that need it. In backward it would then pass its gradient on before all of it has arrived. A
    value may be noted only when everything it was made of has been; look at the moment at which
    you append.
    """,
    source="Pre-order taken for a topological order; Cormen and others (2022), section 20.4",
)
class lists_values_when_first_met:
    """topological_order appends a value before its operands and reverses the list"""

    def topological_order(output):
        order, seen, todo = [], set(), [output]
        while todo:
            value = todo.pop()
            if id(value) not in seen:
                seen.add(id(value))
                order.append(value)
                todo += [operand for operand, _ in value._parts]
        return order[::-1]


@misconception(
    caught_by="topological_order_relations",
    explanation="""
    The list is too long: a value that is used in two places is listed twice, and so is everything
    it was made of. Nothing remembers which values were visited, so the search walks down every path
    on its own. For a tree that is harmless. In a graph with shared values the number of paths can
    double at every step, and forty squarings in a row would need more steps than the machine has
    seconds. With backward it also gives wrong gradients, since a value in the list twice passes its
    gradient on twice. Keep a record of the values, as objects, that the search has been to, and
    look there first.
    """,
    source="Visited set left out; derived",
)
class lists_a_value_for_each_use:
    """topological_order has no record of visited values"""

    def topological_order(output):
        order, todo = [], [(output, False)]
        while todo:
            value, expanded = todo.pop()
            if expanded:
                order.append(value)
            else:
                todo += [(value, True), *((operand, False) for operand, _ in value._parts)]
        return order


@misconception(
    caught_by="continued_fraction_gradient",
    explanation="""
    The number is right and the gradient is not: it knows of the outermost x alone. Inside the loop
    the result of the last round went on as a plain number, or was wrapped into a new Value. Both
    forget how it was made. To the engine, a number that enters an operation is a constant, so all
    the earlier rounds are cut off from the output, and what they contribute to the gradient is
    lost. Values printed along the way agree with a calculator, which makes this hard to see; in the
    large libraries the same thing happens through item() or detach(). Look for a place where data
    is read inside the loop.
    """,
    source="Graphs cut by .data, .item() or a fresh wrapper; PyTorch forum classic",
)
class goes_on_with_the_number_alone:
    """continued_fraction wraps the data of the last round into a new Value"""

    def continued_fraction(x, depth):
        y = x
        for _ in range(depth):
            y = x + 1.0 / solution.Value(y.data)
        return y


@misconception(
    caught_by="continued_fraction_gradient",
    explanation="""
    Small expressions work, and an expression of some thousand operations ends in a RecursionError.
    The search for the order calls itself once for each step down, and a chain of a thousand
    operations is a thousand calls deep, which is where Python stops. A deep graph is nothing
    unusual: a sum over a data set in a loop, or a recurrent network over a long text, makes one.
    The idea is right and only the bookkeeping has to move: a list of your own can hold what is
    still to be done, in place of Python's stack of calls. The hard part is to know, when you meet a
    value again, that its operands are finished; think about what to put on the list besides the
    value.
    """,
    source="Recursive search in teaching engines; limit of 1,000 calls in CPython, measured",
)
class searches_by_recursion:
    """topological_order calls itself for each operand"""

    def topological_order(output):
        order, seen = [], set()

        def visit(value):
            if id(value) not in seen:
                seen.add(id(value))
                for operand, _ in value._parts:
                    visit(operand)
                order.append(value)

        visit(output)
        return order


@misconception(
    caught_by="tensor_values",
    explanation="""
    A tensor made from a single number has shape (1,) and a list as its data, where a shape of ()
    and a plain number are asked for. One number and a list of one number broadcast alike, so most
    results agree and only the nesting differs: log of a number comes back as a list, the sum over a
    tensor too. It seems convenient, since everything is a list then. But shapes of results depend
    on it, and gradients must have the shape of what the caller put in, who would get a list for a
    number. A number is the nested list of depth zero: no axes, one entry. If your functions recurse
    over the nesting, that is where the recursion ends.
    """,
    source="Like np.atleast_1d; () against (1,) in NumPy's broadcasting rules; derived",
)
class makes_a_list_of_a_single_number:
    """Tensor turns a number into a list of one number, with shape (1,)"""

    class Tensor(solution.Tensor):
        def __init__(self, data):
            super().__init__(data if isinstance(data, list) else [data])

        def sum(self):
            out = super().sum()
            out._parts = ((self, lambda grad: solution._expand(grad[0], (), self.shape)),)
            return out

        def backward(self):
            order = _prepared(self)
            self.grad = [1.0]
            _pass_on_entries(order)


@misconception(
    caught_by="tensor_gradients",
    explanation="""
    The gradient of a tensor that was broadcast has the shape of the result, not that of the tensor.
    Broadcasting uses one entry in several places; its gradient is the sum over all these places,
    just as for a value that is used several times. That sum is missing, so each copy got a gradient
    of its own. With operands of equal shape nothing is broadcast and everything is right. If the
    output is a plain sum, all copies have the same gradient, often 1, and printing it does not look
    wrong. Compare the two shapes at the moment the gradient is handed to an operand: which axes did
    broadcasting add, and along which did it repeat?
    """,
    source="Tinytorch#3: the gradient of a broadcast operand not summed back; ones hide it",
)
class keeps_the_broadcast_gradient:
    """Tensor.backward passes on gradients in the shape of the result"""

    def _pull(shape, slopes):
        return lambda grad: _loose_product(grad, slopes)

    def _add(*nested):
        return _loose_sum(*nested)


@misconception(
    caught_by="tensor_gradients",
    explanation="""
    Gradients are summed back over the axes that broadcasting put in front, and not over axes of
    length 1 that it stretched. There are two ways in which an entry gets copied. A tensor of shape
    (3,) next to one of shape (2, 3) gains an axis; a tensor of shape (2, 1) keeps its two axes, and
    the second is repeated. Both make copies, and both need their sum. Biases only ever use the
    first way, so an engine that was tried on affine layers seems complete. Here the gradient of the
    tensor with an axis of length 1 comes back longer than the tensor. After the new axes are gone,
    look for axes where the lengths still differ.
    """,
    source="Half of the rule, enough for biases; derived from Tinytorch#3",
)
class sums_over_the_new_axes_only:
    """Tensor.backward does not sum over axes of length 1 that were stretched"""

    def _pull(shape, slopes):
        def pull(grad):
            grad = _loose_product(grad, slopes)
            while len(solution._shape(grad)) > len(shape):
                grad = solution._add(*grad)
            return grad

        return pull

    def _add(*nested):
        return _loose_sum(*nested)


@misconception(
    caught_by="tensor_gradients",
    explanation="""
    The gradient of a broadcast tensor has the right shape, but holds what came from one copy alone.
    One entry took part in several entries of the result, and each sends a gradient back; they have
    to be added, and here each replaced the one before. It is the mistake of = for +=, one level
    down: inside the loops that bring a gradient back to the shape of its tensor. Taking the first
    row of the gradient, because all rows look alike, gives the same kind of result, and they do
    look alike while the output is a plain sum of unweighted entries. Multiply the entries by
    different weights before the sum and the rows differ.
    """,
    source="Assignment in index loops; the same as overlap gradients in NNlib#205; derived",
)
class keeps_one_copy_of_the_gradient:
    """Tensor.backward keeps the last copy's gradient instead of the sum over copies"""

    def _pull(shape, slopes):
        def pull(grad):
            return _last_copy(solution._map(lambda g, slope: g * slope, grad, slopes), shape)

        return pull


@misconception(
    caught_by="tensor_gradients",
    explanation="""
    Where a tensor was broadcast, its gradient is too small by the number of copies: it was averaged
    over them, and it should be summed. An entry that is used in six places moves the output through
    all six, and six small pushes add up to a large one. A mean has the right shape and the right
    direction, so training with it works and merely learns slowly for biases and scales. Whether an
    average belongs there is for the loss to say: if it takes a mean over the batch, the factor is
    already in the gradient that arrives. Look at how the copies are reduced when a gradient goes
    back to a smaller shape.
    """,
    source="Averaging biases over the batch a second time (see exercise 07); derived",
)
class averages_over_the_copies:
    """Tensor.backward takes the mean over broadcast copies"""

    def _pull(shape, slopes):
        right = solution._pull(shape, slopes)
        share = math.prod(shape) / math.prod(solution._shape(slopes))
        return lambda grad: solution._map(lambda entry: share * entry, right(grad))


@misconception(
    caught_by="tensor_gradients",
    explanation="""
    The numbers of the gradient are right, but a tensor of shape (3, 1) gets a gradient of shape
    (3,): the axis of length 1 was lost when the copies along it were added up. Adding along an axis
    usually removes it. For an axis that broadcasting put in front that is what you want, because
    the tensor does not have it; for an axis of length 1 that was stretched, the length has to go
    back to 1 and the axis has to stay. A vector of 3 in place of a column of 3 is then broadcast
    along the other axis by whatever uses it next, and quietly gives a (3, 3). Compare the shapes of
    data and grad for every leaf.
    """,
    source="keepdims left out; shapes (3,) and (3, 1) confused, derived",
)
class drops_the_axis_of_length_one:
    """Tensor.backward leaves out stretched axes of length 1 in the gradients of leaves"""

    class Tensor(solution.Tensor):
        def backward(self):
            super().backward()
            for tensor in solution.topological_order(self):
                if not tensor._parts:
                    tensor.grad = _without_ones(tensor.grad)


@misconception(
    caught_by="tensor_gradients",
    explanation="""
    All gradients are off by one common factor. The slope of a sum towards each of its entries is 1,
    and the backward of sum here hands out ones, without multiplying them by the gradient that
    arrived at the sum. If backward is called on the sum itself, that gradient is 1 and nothing is
    missing; as soon as the sum is scaled, squared or added to something else, it is. A mean, for
    example, is a sum times a constant, and all its gradients would be too large by the number of
    entries. Every operation multiplies its own slope with what comes in, and a slope of 1 is no
    exception.
    """,
    source="cs249r_book#2056: upstream gradient ignored; derived for sum",
)
class hands_out_ones_behind_a_sum:
    """The backward of Tensor.sum gives every entry 1, whatever arrives"""

    class Tensor(solution.Tensor):
        def sum(self):
            out = super().sum()
            out._parts = ((self, lambda grad: solution._expand(1.0, (), self.shape)),)
            return out


@misconception(
    caught_by="tensor_graphs",
    explanation="""
    A tensor that is used once gets the right gradient, and one that is used in several operations
    gets that of one use alone. As with values, the contributions of all uses have to be added,
    entry by entry. Summing back over broadcast axes is a second, separate sum: it adds the copies
    that one operation made, and your code may well do that correctly, while the line that stores
    the outcome in grad still replaces what another operation had left there. An expression that
    mentions each tensor once cannot show it. A weight that appears twice, or an input that is both
    squared and added, does.
    """,
    source="karpathy/nn-zero-to-hero#52, for tensors",
)
class overwrites_the_gradient_of_a_tensor:
    """Tensor.backward writes grad with = instead of adding to it"""

    class Tensor(solution.Tensor):
        def backward(self):
            order = _prepared(self)
            self.grad = 1.0
            for tensor in reversed(order):
                for operand, pull in tensor._parts:
                    operand.grad = pull(tensor.grad)


def _clear(values):
    for value in values:
        value.grad = 0.0


def _pass_on(order):
    for value in reversed(order):
        for operand, slope in value._parts:
            operand.grad += slope * value.grad


def _prepared(tensor):
    order = solution.topological_order(tensor)
    for one in order:
        one.grad = solution._map(lambda _: 0.0, one.data)
    return order


def _pass_on_entries(order):
    for tensor in reversed(order):
        for operand, pull in tensor._parts:
            operand.grad = solution._add(operand.grad, pull(tensor.grad))


def _loosely(function, nested):
    shapes = [solution._shape(one) for one in nested]
    common = solution._broadcast(*shapes)
    pairs = zip(nested, shapes, strict=True)
    return solution._map(function, *(solution._expand(one, s, common) for one, s in pairs))


def _loose_product(*nested):
    return _loosely(lambda a, b: a * b, nested)


def _loose_sum(*nested):
    return _loosely(lambda *entries: sum(entries), nested)


def _last_copy(nested, target):
    if not isinstance(nested, list):
        return nested
    if len(solution._shape(nested)) > len(target):
        return _last_copy(nested[-1], target)
    rows = [_last_copy(row, target[1:]) for row in nested]
    return rows if len(rows) == target[0] else rows[-1:]


def _without_ones(nested):
    if not isinstance(nested, list):
        return nested
    rows = [_without_ones(row) for row in nested]
    return rows[0] if len(rows) == 1 else rows
