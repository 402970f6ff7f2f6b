"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _squash(z, activation):
    xp = array_namespace(z)
    if activation == "sigmoid":
        return 1 / (1 + xp.exp(-z))
    return xp.tanh(z) if activation == "tanh" else xp.where(z > 0, z, xp.zeros_like(z))


def _steepness(a, activation):
    if activation == "sigmoid":
        return a * (1 - a)
    return 1 - a**2 if activation == "tanh" else array_namespace(a).astype(a > 0, a.dtype)


def _layers(x, weights, activation):
    """Pairs of sum and activation."""
    found = []
    for w in weights:
        z = x @ w
        x = _squash(z, activation)
        found.append((z, x))
    return found


def _flat(x, weights, activation, threshold):
    """For every layer, where the slope is below the threshold."""
    return [_steepness(a, activation) < threshold for _, a in _layers(x, weights, activation)]


def _shares(of):
    xp = array_namespace(of[0])
    return xp.stack([xp.mean(xp.astype(part, xp.float64)) for part in of])


def _gradients(x, weights, activation, dout, slope):
    """The gradients from dout back to x, with `slope(z, a)` in every layer."""
    found = [dout]
    layers = _layers(x, weights, activation)
    for w, (z, a) in zip(weights[::-1], layers[::-1], strict=True):
        found.append((found[-1] * slope(z, a)) @ w.T)
    return found


def _right_gradients(x, weights, activation, dout):
    return _gradients(x, weights, activation, dout, lambda z, a: _steepness(a, activation))


def _frobenius(da):
    xp = array_namespace(da)
    return xp.sqrt(xp.sum(da**2))


@misconception(
    caught_by="xavier_uniform_values",
    explanation="""
    The weights have the right form and a limit that depends on the number of inputs alone. That is
    an older rule, often named after LeCun, which keeps the scale of the activations and does not
    ask what happens on the way back. There each input collects one product per unit, so the number
    of units decides. Glorot and Bengio wanted both and took the mean of the two numbers. With as
    many units as inputs the two rules are one and the same, and most small networks in tutorials
    have equal layers, so the mistake stays unseen until a layer is much wider or narrower than the
    one before it. Look at what stands under the root of your limit.
    """,
    source="Glorot and Bengio (2010), section 4.2.1, against LeCun et al. (1998), section 4.6",
)
class counts_the_inputs_only:
    """xavier_uniform takes its limit from fan_in alone"""

    def xavier_uniform(fan_in, fan_out, gain, generator):
        limit = gain * math.sqrt(3 / fan_in)
        return generator.uniform(-limit, limit, size=(fan_in, fan_out))


@misconception(
    caught_by="xavier_uniform_values",
    explanation="""
    All weights are too small by the same factor, the root of three: the standard deviation that the
    rule asks for was used as the limit of the uniform distribution. A uniform distribution is flat
    between its limits, and most of its numbers lie closer to zero than the limit, so its deviation
    is smaller than the limit. The weights look plausible, and a network with two layers trains as
    before. In a deep one every layer shrinks the signal by the same factor again. Work out the
    variance of a uniform distribution on a symmetric interval, set it equal to the one that is
    wanted, and solve for the limit; the README gives the result.
    """,
    source="Notes on initialisation: uniform bound without the root of three; derived",
)
class takes_the_deviation_for_the_limit:
    """xavier_uniform draws between minus and plus the standard deviation"""

    def xavier_uniform(fan_in, fan_out, gain, generator):
        std = gain * math.sqrt(2 / (fan_in + fan_out))
        return generator.uniform(-std, std, size=(fan_in, fan_out))


@misconception(
    caught_by="xavier_uniform_values",
    explanation="""
    Not one weight is negative: they were drawn between zero and the limit. The largest value is
    right, so a look at the maximum does not tell. But the mean of these weights is half the limit,
    not zero. The rule was derived for weights that cancel each other in a sum, some pulling up and
    some down; here all of them pull up, so a sum grows with the number of its inputs and all units
    of a layer do nearly the same. Behind a sigmoid they are soon saturated together. A source of
    numbers between zero and one has to be stretched to twice the limit and shifted down, or be
    asked for the interval that is wanted.
    """,
    source="numpy's random() taken as it comes, times the limit; derived",
)
class draws_from_one_side:
    """xavier_uniform draws between 0 and the limit"""

    def xavier_uniform(fan_in, fan_out, gain, generator):
        limit = gain * math.sqrt(6 / (fan_in + fan_out))
        return limit * generator.random(size=(fan_in, fan_out))


@misconception(
    caught_by="xavier_uniform_values",
    explanation="""
    The weights are right whenever the gain is 1 and not otherwise: with a gain of 4 they are half
    as large as they should be, and three times the gain does not give three times the weights. The
    gain was multiplied into the variance, that is, under the root. Both readings exist in
    libraries: Keras has a scale that multiplies the variance, while the gain of PyTorch, and of
    this exercise, multiplies the limit, and so the deviation. With the usual gain of 1 there is no
    difference, which is why it goes unnoticed until a network is started with another one. Look at
    which side of the root the gain stands.
    """,
    source="Keras VarianceScaling(scale=…) against torch.nn.init.calculate_gain",
)
class puts_the_gain_under_the_root:
    """xavier_uniform multiplies the variance by the gain"""

    def xavier_uniform(fan_in, fan_out, gain, generator):
        limit = math.sqrt(gain * 6 / (fan_in + fan_out))
        return generator.uniform(-limit, limit, size=(fan_in, fan_out))


@misconception(
    caught_by="he_normal_values",
    explanation="""
    The deviation was computed from the number of units where the number of inputs belongs. Two
    things lead to this. PyTorch keeps the matrix of a linear layer transposed, units first, so
    whoever copies an index from there gets the other number; and PyTorch has a mode for it,
    fan_out, which keeps the scale of the gradients. On the way forward, a unit sums one product for
    every input, so the variance of the sum grows with the number of inputs. A square matrix cannot
    tell the difference. A layer that widens from 3 to 6 units gets weights that are too small by
    the root of two, and one that narrows gets weights that are too large.
    """,
    source="Notes on initialisation: fan_out for fan_in; kaiming_normal_(mode='fan_out')",
)
class counts_the_units_for_the_inputs:
    """he_normal computes its deviation from fan_out"""

    def he_normal(fan_in, fan_out, generator):
        return generator.normal(0.0, math.sqrt(2 / fan_out), size=(fan_in, fan_out))


@misconception(
    caught_by="he_normal_values",
    explanation="""
    The right variance was handed to a function that asks for a standard deviation. Papers state
    these rules as variances and write a normal distribution with the variance as its second
    parameter; NumPy and PyTorch both want the root of it. For two inputs the two are equal, since
    the variance is 1 there. For eight inputs the weights are half as large as they should be, and
    for 800 they are twenty times too small: the wider the layer, the worse. Training a narrow toy
    network therefore shows nothing, and a real one does not start. Look at the second argument of
    the call that draws the numbers.
    """,
    source="Notes on initialisation: variance used as standard deviation; derived",
)
class takes_the_variance_for_the_deviation:
    """he_normal uses 2 / fan_in as the standard deviation"""

    def he_normal(fan_in, fan_out, generator):
        return generator.normal(0.0, 2 / fan_in, size=(fan_in, fan_out))


@misconception(
    caught_by="he_normal_values",
    explanation="""
    Every weight is too small by the root of two: the deviation is that of a layer with nothing
    behind it, one over the root of the number of inputs. A ReLU sets about half of the units to
    zero, and the mean of the squares falls to one half with it. He's rule has a factor for just
    that. Without it each layer loses a factor of 1.41, so after 10 layers the signal is down to 3
    percent and after 100 to one part in 10 to the 15. A network with three layers trains anyway.
    Follow the mean square of the activations through one layer by hand, once with the ReLU and once
    without.
    """,
    source="He et al. (2015), section 2.2 and figure 3: a 30-layer network stalls without the 2",
)
class makes_no_allowance_for_the_relu:
    """he_normal uses the deviation 1 / sqrt(fan_in)"""

    def he_normal(fan_in, fan_out, generator):
        return generator.normal(0.0, math.sqrt(1 / fan_in), size=(fan_in, fan_out))


@misconception(
    caught_by="he_normal_values",
    explanation="""
    These are the right numbers in the wrong places. A matrix was drawn with one row per unit, as
    PyTorch stores it, and then transposed, so the first numbers of the generator went down the
    first column. As starting weights they are as good as any, for the distribution is the same. But
    the convention says that the numbers are used row by row of the result, so that two programs
    with the same seed start from the same weights; without such an agreement nobody could repeat a
    run or compare two. Draw an array that has the final shape from the start. A shape with one row
    or one column cannot show the difference.
    """,
    source="torch.nn.Linear keeps its weight as (out_features, in_features)",
)
class draws_the_transposed_matrix:
    """he_normal draws (fan_out, fan_in) and transposes it"""

    def he_normal(fan_in, fan_out, generator):
        return generator.normal(0.0, math.sqrt(2 / fan_in), size=(fan_out, fan_in)).T


@misconception(
    caught_by="activation_mean_and_std",
    explanation="""
    The numbers describe the sums that enter the activation, not what comes out of it. The chain
    itself is right: the next layer was fed with activations. For a ReLU the mean gives it away, as
    activations that are never negative have no mean below zero; a sigmoid's mean must lie between 0
    and 1, and its deviation cannot exceed one half. With tanh and small weights the two are nearly
    the same. Both are worth looking at in a real network, but saturation and dead units show only
    after the activation, and that is what the next layer has to work with. Look at which of the two
    arrays you keep.
    """,
    source="Statistics of pre-activations in place of activations; derived",
)
class measures_before_the_activation:
    """activation_statistics takes mean and standard deviation of the sums"""

    def activation_statistics(x, weights, activation, threshold):
        xp = array_namespace(x)
        sums = [z for z, _ in _layers(x, weights, activation)]
        _, _, stuck = solution.activation_statistics(x, weights, activation, threshold)
        return xp.stack([xp.mean(z) for z in sums]), xp.stack([xp.std(z) for z in sums]), stuck


@misconception(
    caught_by="activation_mean_and_std",
    explanation="""
    The means are right and the deviations a little too large, by a factor that comes close to 1 as
    the layer grows: the sum of squares was divided by the number of entries minus one. That is the
    unbiased estimate for a sample of a larger population. Here the activations of this batch are
    described as they are, and the convention is to divide by their number. The two are easily mixed
    up, because np.std divides by the number and torch.std by one less, each without being asked.
    With a thousand activations nobody can see it; with six the factor is 1.10. Look up what your
    library's function does, and ask for the other.
    """,
    source="torch.std has correction=1, numpy.std has ddof=0",
)
class divides_by_one_less:
    """activation_statistics divides by the number of entries minus one"""

    def activation_statistics(x, weights, activation, threshold):
        xp = array_namespace(x)
        mean, std, stuck = solution.activation_statistics(x, weights, activation, threshold)
        sizes = [float(x.shape[0] * w.shape[1]) for w in weights]
        larger = [s * (n / (n - 1)) ** 0.5 for s, n in zip(std, sizes, strict=True)]
        return mean, xp.stack(larger), stuck


@misconception(
    caught_by="activation_mean_and_std",
    explanation="""
    The means are right and the deviations too small: one deviation was computed for each unit, over
    the examples, and these were averaged. That leaves out how the units differ from each other. A
    layer in which every unit always says the same, one always 0 and the next always 1, would get
    deviation 0, though its activations differ a lot. For the mean it makes no difference whether
    you average over examples first and units then, or all at once, which makes the same seem true
    of the deviation. With a single example your result is 0 everywhere. Take all entries of the
    layer as one heap of numbers.
    """,
    source="std(axis=0).mean() in monitoring code; derived",
)
class averages_the_deviations_of_the_units:
    """activation_statistics averages one standard deviation per unit"""

    def activation_statistics(x, weights, activation, threshold):
        xp = array_namespace(x)
        mean, _, stuck = solution.activation_statistics(x, weights, activation, threshold)
        std = [xp.mean(xp.std(a, axis=0)) for _, a in _layers(x, weights, activation)]
        return mean, xp.stack(std), stuck


@misconception(
    caught_by="activation_mean_and_std",
    explanation="""
    The first layer is right and the later ones are not: the sums were handed on to the next layer,
    and the activation was used only for the statistics. Without an activation between them all
    layers together are one linear map, and its scale is that of the product of the weights. For a
    ReLU the later means come out on both sides of what they should be; for sigmoids, which never
    hand on anything outside 0 and 1, the layers behind look far too saturated. A chain of one layer
    cannot show it. Follow the variable that carries the batch from layer to layer and check when it
    is replaced.
    """,
    source="Two variables for one layer, the wrong one carried on; derived",
)
class hands_on_the_sums:
    """activation_statistics feeds the next layer with the sums before the activation"""

    def activation_statistics(x, weights, activation, threshold):
        xp = array_namespace(x)
        found = []
        for w in weights:
            x = x @ w
            found.append(_squash(x, activation))
        flat = [xp.all(_steepness(a, activation) < threshold, axis=0) for a in found]
        return (
            xp.stack([xp.mean(a) for a in found]),
            xp.stack(list(map(xp.std, found))),
            _shares(flat),
        )


@misconception(
    caught_by="stuck_units",
    explanation="""
    Your share counts entries: each pair of an example and a unit with a flat slope. But half of the
    entries of a healthy ReLU layer are zero, and that is as it should be, since each unit answers
    to some examples and not to others. A unit is stuck only if it is flat for every example of the
    batch, because then no gradient reaches its weights at all, and nothing in this batch can bring
    it back. So your numbers are too large, often far from zero where nothing is wrong. First decide
    for each unit, down the batch, whether all of its slopes are flat; then take the share of the
    units. With a single example the two agree.
    """,
    source="Fraction of zeros reported as dead units; derived",
)
class counts_entries_for_units:
    """activation_statistics returns the share of flat entries"""

    def activation_statistics(x, weights, activation, threshold):
        mean, std, _ = solution.activation_statistics(x, weights, activation, threshold)
        return mean, std, _shares(_flat(x, weights, activation, threshold))


@misconception(
    caught_by="stuck_units",
    explanation="""
    A unit was called stuck as soon as one example found it flat. For a gradient, one steep example
    is enough to move the weights of the unit, so it is stuck only when all examples agree. Your
    share is too large, and grows with the batch: among a thousand examples nearly every ReLU is
    silent for one of them. The slip is the choice between any and all, or between the smallest and
    the largest slope of the column. With one example in the batch the two are the same, and with a
    dead layer as well. Say in a sentence what has to be true of the whole batch before a unit
    counts, and turn that sentence into code.
    """,
    source="any for all; derived",
)
class lets_one_example_decide:
    """activation_statistics counts units that are flat for at least one example"""

    def activation_statistics(x, weights, activation, threshold):
        xp = array_namespace(x)
        mean, std, _ = solution.activation_statistics(x, weights, activation, threshold)
        flat = _flat(x, weights, activation, threshold)
        return mean, std, _shares([xp.any(part, axis=0) for part in flat])


@misconception(
    caught_by="stuck_units",
    explanation="""
    For ReLUs your share is right; for sigmoid and tanh it is not. The threshold was held against
    the activation and not against its slope. For a ReLU this happens to work, since its output and
    its slope are zero together. A sigmoid that is always at 0.999 is as stuck as one at 0.001, and
    you count only the second; and a tanh near -0.5 has a good slope, but lies below any positive
    threshold. What stops a gradient is a flat curve, at whatever height. Compute the slope, for
    which the README has a formula with the output in it, and compare that with the threshold.
    """,
    source="The test for dead ReLUs used for other activations; derived",
)
class looks_at_the_activation_for_the_slope:
    """activation_statistics compares the activations with the threshold"""

    def activation_statistics(x, weights, activation, threshold):
        xp = array_namespace(x)
        mean, std, _ = solution.activation_statistics(x, weights, activation, threshold)
        flat = [xp.all(a < threshold, axis=0) for _, a in _layers(x, weights, activation)]
        return mean, std, _shares(flat)


@misconception(
    caught_by="gradient_norms_values",
    explanation="""
    With ReLUs your norms are right, and with sigmoid and tanh they are off in every layer. The
    slope was computed from the output as if it were the sum: the output went through the activation
    a second time, and the result into the formula. There are two ways to write the slope of a
    sigmoid: with the sum z, which has to be sent through the sigmoid first, and with the output,
    which has been through it already. A cache that keeps the output and a helper that expects the
    sum make exactly this mistake. All slopes still lie between 0 and the right maximum, so the
    gradient shrinks as it should, only at another rate. Check what your slope function is given.
    """,
    source="sigmoid_prime applied to the activation; frequent in two-layer tutorials",
)
class sends_the_output_through_again:
    """gradient_norms takes the slope at the output instead of at the sum"""

    def gradient_norms(x, weights, activation, dout):
        def slope(z, a):
            return _steepness(_squash(a, activation), activation)

        found = _gradients(x, weights, activation, dout, slope)
        return array_namespace(x).stack([_frobenius(da) for da in found[::-1]])


@misconception(
    caught_by="gradient_norms_values",
    explanation="""
    Every layer multiplies your gradient by the steepest slope that the activation has, a quarter
    for the sigmoid and 1 for tanh and ReLU, whatever its inputs are. That gives an upper bound, and
    it is the usual argument for why sigmoids make gradients vanish. But it is not the gradient: the
    sigmoid is that steep only at 0, and the ReLU lets nothing through where it is silent. Your
    norms are too large nearly everywhere, by a factor that grows with each layer. Run the chain
    forward first, keep the activations of every layer, and multiply entry by entry with the slope
    that each of them has.
    """,
    source="Notes on initialisation: the chain's scale estimated as 0.25 to the power L",
)
class assumes_the_steepest_slope:
    """gradient_norms uses 1/4 for every slope of the sigmoid, and 1 for the others"""

    def gradient_norms(x, weights, activation, dout):
        steepest = 0.25 if activation == "sigmoid" else 1.0
        found = _gradients(x, weights, activation, dout, lambda z, a: steepest)
        return array_namespace(x).stack([_frobenius(da) for da in found[::-1]])


@misconception(
    caught_by="gradient_norms_values",
    explanation="""
    Each norm is too small, unless the batch has one example or the gradient one column: it is the
    largest singular value of the gradient, its spectral norm, and not the root of the sum of all
    squares. The functions for norms in NumPy and PyTorch give the Frobenius norm for a matrix if
    they are not told anything, and the spectral norm when they are told that the order is 2. For a
    vector an order of 2 means the plain length, which is why one adds it without a second thought.
    The gradients themselves may well be right. Flatten the array before you take the norm, or leave
    the order out.
    """,
    source="numpy.linalg.norm(g, 2) is the spectral norm of a matrix",
)
class takes_the_spectral_norm:
    """gradient_norms returns the largest singular value of each gradient"""

    def gradient_norms(x, weights, activation, dout):
        xp = array_namespace(x)
        found = _right_gradients(x, weights, activation, dout)
        return xp.stack([xp.linalg.matrix_norm(da, ord=2) for da in found[::-1]])


@misconception(
    caught_by="gradient_norms_values",
    explanation="""
    These are the right norms in the order in which they were computed: dout comes first and x last.
    Walking backward, that order is natural, and a list that grows by appending keeps it. But the
    result is meant to be read along the layers: entry 0 belongs to x and the last entry to dout, so
    that it can be put beside the activations, which were computed forward. In your order a
    vanishing gradient looks like an exploding one. If all norms are nearly equal, as with good
    starting weights, the swap is easily overlooked. Turn the list around before you return it, or
    fill an array from its end.
    """,
    source="Appending in a backward loop; derived",
)
class lists_the_output_first:
    """gradient_norms returns the norms from dout back to x"""

    def gradient_norms(x, weights, activation, dout):
        found = _right_gradients(x, weights, activation, dout)
        return array_namespace(x).stack([_frobenius(da) for da in found])


@misconception(
    caught_by="gradient_norms_values",
    explanation="""
    Your norms are too small by one constant factor, the root of the number of examples: the squares
    were averaged over the batch. If the loss is a mean over the batch, the gradient that arrives
    holds that average already, and a layer only hands it on. Here dout is given, and everything
    behind it follows from it; the norm of the last entry must be the plain norm of dout, which you
    can check by hand. The ratio from layer to layer is right, so a picture of vanishing gradients
    looks the same. With one example in the batch there is no difference at all. Sum over everything
    and take the root.
    """,
    source="Notes on initialisation: norm over the batch; derived",
)
class averages_over_the_batch:
    """gradient_norms divides the sum of squares by the number of examples"""

    def gradient_norms(x, weights, activation, dout):
        norms = solution.gradient_norms(x, weights, activation, dout)
        return norms / x.shape[0] ** 0.5


@misconception(
    caught_by="gradient_norms_of_one_hundred_layers",
    explanation="""
    Near the output your norms are right, and then they stop falling, at about one millionth. A
    small constant was added under the root, a habit from code that divides by a norm. Nothing is
    divided here, and the root of zero is zero, so there is nothing to guard against. The constant
    becomes the whole result where the gradient is smaller than it, and that is the place that
    matters: the true norm of the first layer may be 60 powers of ten below. Seen through your
    function, a network with no gradient left has a small one. In a shallow network the constant is
    far below anything you would notice.
    """,
    source="sqrt(sum + 1e-12), as in code that normalises; derived",
)
class adds_a_constant_under_the_root:
    """gradient_norms computes the root of the sum of squares plus 1e-12"""

    def gradient_norms(x, weights, activation, dout):
        norms = solution.gradient_norms(x, weights, activation, dout)
        return (norms**2 + 1e-12) ** 0.5


@misconception(
    caught_by="gradient_norms_of_one_hundred_layers",
    explanation="""
    A few layers back your norms are right, and far from the output they are noise or exactly zero.
    This is what differences of the output give: change one activation a little, run the rest of the
    chain, and see how far the output moves. As a test of a backward pass that is an excellent tool.
    But the output is stored to 16 digits, and a change that arrives 20 powers of ten smaller does
    not move it at all. The chain rule multiplies the small slopes instead, and products of small
    numbers lose no digits. It also needs one pass for all layers, where differences need two for
    each activation. Walk backward from dout.
    """,
    source="Numerical differentiation in place of backpropagation; Goodfellow et al. (2016), 11.5",
)
class measures_by_differences:
    """gradient_norms differentiates the rest of the chain numerically"""

    def gradient_norms(x, weights, activation, dout):
        xp = array_namespace(x)

        def loss(a, rest):
            for w in rest:
                a = _squash(a @ w, activation)
            return xp.sum(a * dout)

        inputs = [x] + [a for _, a in _layers(x, weights, activation)]
        norms = []
        for layer, a in enumerate(inputs[:-1]):
            total, step = 0.0, 1e-5 * max(1.0, float(xp.max(xp.abs(a))))
            for place in range(a.size):
                bump = xp.reshape(
                    xp.where(xp.arange(a.size) == place, xp.asarray(step), xp.asarray(0.0)), a.shape
                )
                rest = weights[layer:]
                total = total + ((loss(a + bump, rest) - loss(a - bump, rest)) / (2 * step)) ** 2
            norms.append(total**0.5)
        return xp.stack([*norms, _frobenius(dout)])


@misconception(
    caught_by="residual_forward_values",
    explanation="""
    No entry of your output is negative: a ReLU follows the addition. The first residual networks
    were built like that, and many drawings show it. The later paper on identity mappings moved it
    away, and this exercise follows that one. The difference matters in a deep chain: a ReLU after
    every addition is a gate in the way that was meant to be free, so the input does not reach the
    end unchanged, nor the gradient the beginning, and a block can only ever add to its input. Where
    all sums happen to be positive nothing shows. The only activation of this block is inside the
    branch, before the second layer.
    """,
    source="He et al. (2016), CVPR, figure 2, against He et al. (2016), ECCV, section 2",
)
class puts_a_relu_behind_the_sum:
    """residual_forward returns relu(x + branch)"""

    def residual_forward(x, w1, b1, w2, b2):
        out, cache = solution.residual_forward(x, w1, b1, w2, b2)
        return _squash(out, "relu"), cache


@misconception(
    caught_by="residual_forward_values",
    explanation="""
    The output is that of the branch alone, and the input was not added. Two layers with a ReLU
    between them are a good network, so training works and the loss falls. Only the block is no
    longer residual: with weights near zero its output is near zero as well, where it should be near
    its input, and in a chain of many blocks signal and gradient fade as they do without skip
    connections. The test is quick: with the second layer's weights and biases at zero, the output
    must be the input, entry by entry. Both arrays have the shape (N, D), so adding them needs
    nothing else. Look at the last line of your forward.
    """,
    source="Skip connection dropped; relation: a zero branch gives the identity",
)
class leaves_out_the_skip:
    """residual_forward returns the branch without x"""

    def residual_forward(x, w1, b1, w2, b2):
        out, cache = solution.residual_forward(x, w1, b1, w2, b2)
        return out - x, cache


@misconception(
    caught_by="residual_forward_values",
    explanation="""
    The output may well be right, but the input that was handed in has changed: the branch was added
    into it with an augmented assignment. Such a line writes into the array on its left, and the
    caller still holds that array. It also spoils your own backward: the cache keeps the same array
    under another name, and the gradient of the first weights needs the input as it was, not the
    output. In a chain of blocks every block overwrites what the one before it has kept. A single
    forward whose input is never looked at again shows nothing, which is why it is so common. Make a
    new array from the two terms of the sum.
    """,
    source="x += f(x) in hand-written residual blocks; PyTorch's autograd often refuses it",
)
class adds_into_the_input:
    """residual_forward writes the sum into x"""

    def residual_forward(x, w1, b1, w2, b2):
        out, cache = solution.residual_forward(x, w1, b1, w2, b2)
        x += out - x
        return x, cache


@misconception(
    caught_by="residual_backward_gradients",
    explanation="""
    The gradients of the four parameters are right, and dx is too small by exactly dout: it holds
    what came back through the branch, and the skip connection was forgotten. The input was used
    twice in the forward, once by the branch and once in the addition, and whatever is used twice
    collects the gradients of both uses. An addition hands its incoming gradient on unchanged to
    each of its terms. A single block still trains, since its own parameters get the right
    gradients; everything in front of it does not, and the block has lost the property it was built
    for. Ask of each use of x in the forward what it sends back.
    """,
    source="Skip path's gradient forgotten; relation: a zero branch has the identity as Jacobian",
)
class forgets_the_gradient_of_the_skip:
    """residual_backward returns the branch's part of dx only"""

    def residual_backward(dout, cache):
        dx, *others = solution.residual_backward(dout, cache)
        return (dx - dout, *others)


@misconception(
    caught_by="residual_backward_gradients",
    explanation="""
    Your dx is dout itself: the gradient of the skip connection is there, and that of the branch is
    not. The gradients of the parameters are right, so the branch's backward exists; its last step,
    from the first layer's sums back to its input, is missing or was not added. Because the branch
    is often small at first, the result is close to the truth, and a chain of such blocks even
    trains. But the blocks in front are told only what the skip connections do with their output,
    and not what the branches behind make of it. The input was used twice in the forward, so two
    gradients have to be added up.
    """,
    source="Only one of two paths; compare zero-to-hero#52, a node used twice",
)
class stops_at_the_branch:
    """residual_backward returns dout as dx"""

    def residual_backward(dout, cache):
        _, *others = solution.residual_backward(dout, cache)
        return (dout * 1.0, *others)


@misconception(
    caught_by="residual_backward_gradients",
    explanation="""
    dw2 and db2 are right, and dw1, db1 and dx are not: on the way back through the branch the
    gradient was not stopped where the ReLU was silent. A hidden unit whose sum was negative sent
    nothing forward, so it had no part in the output, and nothing may flow back through it. Skipping
    that step gives arrays of the right shape and size, about half of whose parts agree. Where all
    sums are positive everything agrees. Going back, each step of the forward has one step of its
    own, in reverse order: second layer, ReLU, first layer, and the addition reaches both ends. Keep
    what tells you which sums were positive.
    """,
    source="Common in hand-written two-layer networks; derived",
)
class skips_the_relu_of_the_branch:
    """residual_backward passes the gradient around the ReLU"""

    def residual_backward(dout, cache):
        xp = array_namespace(dout)
        x, _, w1, w2 = cache
        _, _, _, dw2, db2 = solution.residual_backward(dout, cache)
        dz = dout @ w2.T
        return dout + dz @ w1.T, x.T @ dz, xp.sum(dz, axis=0), dw2, db2
