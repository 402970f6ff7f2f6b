"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution


def _path(x, y, w, b, steps, move):
    """The points that `move` leads through, as the reference returns them."""
    ws, bs = [w], [b]
    for _ in range(steps):
        new_w, new_b = move(ws[-1], bs[-1])
        ws.append(new_w)
        bs.append(new_b)
    return np.stack(ws), np.array(bs, dtype=np.float64)


@misconception(
    caught_by="sigmoid_is_stable",
    explanation="""
    Small logits are right, and those above 709 give nan: the probability was written as
    exp(z) / (1 + exp(z)). That is the same function on paper, but exp(710) is already infinity in
    float64 (exp(89) in float32), and infinity over infinity is not a number. The other way of
    writing it, with exp(-z), overflows on the other side, below -709: there the division by
    infinity happens to end at 0, which is right, and only a warning is left; with Python's math
    module it is an error. Tests with ordinary logits see nothing of this. In training one step that
    is too large is enough, and from then on every weight is nan. Ask for which sign of z your
    exponent is positive.
    """,
    source="Naive sigmoid overflows beyond 709.8 (88.7 in float32); limits measured",
)
class overflows_for_large_logits:
    """sigmoid computes exp(z) / (1 + exp(z))"""

    def sigmoid(z):
        with np.errstate(all="ignore"):
            e = np.exp(z)
            return e / (1 + e)


@misconception(
    caught_by="sigmoid_values",
    explanation="""
    Every probability is one minus what it should be: the minus sign in the exponent is missing, so
    the curve falls where it should rise. A logit of 2 means that label 1 is likely, and yours gives
    it 0.12. The results lie between 0 and 1, a logit of 0 gives ½ as it should, and the curve has
    the right shape seen in a mirror, so a glance at the plot may not reveal it. Training can hide
    it too: all weights come out with the opposite sign and the predictions are as good as ever,
    until somebody reads the weights or loads them elsewhere. Put in a large positive number and ask
    whether the result should be near 1 or near 0.
    """,
    source="1 / (1 + exp(z)) in hand-written models; derived",
)
class loses_the_sign_of_the_logit:
    """sigmoid computes 1 / (1 + exp(z))"""

    def sigmoid(z):
        return solution.sigmoid(-z)


@misconception(
    caught_by="sigmoid_values",
    explanation="""
    All entries together add up to 1: the exponentials were divided by their total. That is the
    softmax, which shares one probability out among several classes, of which exactly one is right.
    The sigmoid answers a separate yes-or-no question for every entry, and each entry's answer is a
    probability of its own: three messages can all be spam at once. With yours an example becomes
    less likely when another one in the batch becomes more likely, so predictions depend on the
    company they are made in, and a batch of one always gets probability 1. Both functions turn any
    numbers into something between 0 and 1, which is why they are confused. Change one entry and
    look at the others.
    """,
    source="Softmax and sigmoid confused for binary outputs; derived",
)
class shares_one_probability_among_the_entries:
    """sigmoid divides the exponentials by their sum, as a softmax does"""

    def sigmoid(z):
        e = np.exp(z - np.max(z))
        return e / np.sum(e)


@misconception(
    caught_by="binary_cross_entropy_value",
    explanation="""
    The loss is N times what is asked for: the costs of the examples were added up, and the
    convention here is their mean. Both conventions exist, and for one example they agree, so a
    check by hand passes. The difference matters as soon as numbers are compared: a loss of 12 on 20
    examples is better than a loss of 10 on 10, and only the means, 0.6 and 1.0, say so. A sum also
    makes the gradient grow with the number of examples, so that a learning rate that suits 32 of
    them diverges with 256. The formula in the README begins with 1/N. Look at how the costs of the
    examples become one number.
    """,
    source="aprender#2182: sum and mean confused",
)
class adds_up_the_costs:
    """Both losses are sums over the examples, not means"""

    def binary_cross_entropy(p, y):
        return solution.binary_cross_entropy(p, y) * p.shape[0]

    def binary_cross_entropy_with_logits(z, y):
        return solution.binary_cross_entropy_with_logits(z, y) * z.shape[0]


@misconception(
    caught_by="binary_cross_entropy_value",
    explanation="""
    The two labels are exchanged: examples with label 1 pay for log(1 - p) and those with label 0
    for log p. The loss of a good model is now large and that of a bad one small, so whoever
    minimises it learns to say the opposite. The formula looks right at a glance, since both terms
    and both signs are there, and at p = ½ the value is right whatever the labels are, which is just
    where an untrained model starts. Take a single example with label 1 and a probability of 0.99:
    its cost should be close to 0, and yours is 4.6. Then ask which of the two logarithms should be
    switched off when the label is 1.
    """,
    source="Labels or terms exchanged in hand-written losses; derived",
)
class exchanges_the_labels:
    """binary_cross_entropy charges -log(1 - p) for label 1 and -log p for label 0"""

    def binary_cross_entropy(p, y):
        return solution.binary_cross_entropy(p, 1 - y)


@misconception(
    caught_by="binary_cross_entropy_value",
    explanation="""
    Examples with label 0 cost nothing: only y · log p was summed. This is the cross-entropy for
    several classes, where every class has an entry of its own and picking the right one is enough.
    Here there is one probability for two answers, and the probability of the other answer, 1 - p,
    has to be written out as a second term. If all labels are 1 the two agree. Without the second
    term the cheapest model is the one that says yes to everything: its loss is 0 and it has learnt
    nothing, however many examples of label 0 there are. Feed a batch with label 0 alone and a high
    p, and see what being wrong costs.
    """,
    source="Categorical formula applied to one probability; derived",
)
class forgets_the_examples_of_label_zero:
    """binary_cross_entropy leaves out the term (1 - y) · log(1 - p)"""

    def binary_cross_entropy(p, y):
        return -np.mean(y * np.log(np.where(y == 1, p, 1.0)))


@misconception(
    caught_by="binary_cross_entropy_near_certainty",
    explanation="""
    Ordinary probabilities are right to many digits, but a label with hardly any probability costs
    27.6 at most, and a perfect prediction comes out slightly below 0. A small constant was added
    inside the logarithm so that it can never see a zero. It caps the loss: with 1e-12 nothing costs
    more than 27.63, however wrong it is, and beyond that point the gradient is flat, so the worst
    mistakes teach nothing. With p = 1 the argument becomes greater than 1, and that is where the
    negative loss comes from. The real cure is another function, the one that takes logits. Here the
    card in the README asks for the plain logarithm.
    """,
    source="Measured: log(p + 1e-12) caps the loss at 27.631 and turns a perfect answer negative",
)
class adds_a_constant_inside_the_logarithm:
    """binary_cross_entropy computes log(p + 1e-12) and log(1 - p + 1e-12)"""

    def binary_cross_entropy(p, y):
        given = np.where(y == 1, p, 1 - p)
        return -np.mean(np.log(given + 1e-12))


@misconception(
    caught_by="binary_cross_entropy_near_certainty",
    explanation="""
    The loss is nan as soon as a probability is exactly 0 or 1, even though the prediction is right.
    In the one-line formula the term that does not apply is switched off by multiplying it with 0.
    That works on paper. In floating point the logarithm of 0 is minus infinity, and 0 times
    infinity is not a number, so the term that should vanish spoils the whole mean. Random
    probabilities never hit 0 or 1, but a sigmoid does: above a logit of about 37 it is rounded to
    exactly 1. So the training run that fails is the one that went well. A term that does not apply
    should never be computed from a 0, rather than be multiplied away afterwards.
    """,
    source="0 · log 0 = nan, seen in many loss functions; measured",
)
class multiplies_infinity_by_zero:
    """binary_cross_entropy computes both logarithms and multiplies one of them by 0"""

    def binary_cross_entropy(p, y):
        with np.errstate(all="ignore"):
            return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


@misconception(
    caught_by="binary_cross_entropy_value",
    explanation="""
    The loss is infinite for every input: the logarithm was taken of the labels, not of the
    probabilities, so the two arguments have changed places. A label is 0 or 1, and the logarithm of
    0 is minus infinity. Cross-entropy is not symmetric: what happened, y, is the weight, and what
    was predicted, p, stands inside the logarithm. The order of arguments differs between libraries,
    some take the labels first and others the predictions, so code that is copied from one to the
    other slips easily. If a small constant is added inside the logarithm, the result is finite and
    looks like a loss, and then the mistake is much harder to see. Here predictions come first.
    """,
    source="Arguments exchanged, as between Keras and PyTorch conventions; derived",
)
class takes_the_logarithm_of_the_labels:
    """binary_cross_entropy computes p · log y + (1 - p) · log(1 - y)"""

    def binary_cross_entropy(p, y):
        with np.errstate(all="ignore"):
            return -np.mean(p * np.log(y) + (1 - p) * np.log(1 - y))


@misconception(
    caught_by="with_logits_value",
    explanation="""
    The sigmoid was applied twice: z was turned into a probability, and that probability was treated
    as a logit again. A probability lies between 0 and 1, and as a logit it gives something between
    0.5 and 0.73, so this loss never goes below 0.31 for label 1, however sure the model is, and
    never above 0.69. Nothing fails and nothing is nan; training even works after a fashion, because
    the order of the examples is kept, but it is slow and the loss stops at a level that cannot be
    explained. It is a very common mistake with libraries too, where a network ends in a sigmoid and
    the loss contains another one. Count the sigmoids between z and the logarithm.
    """,
    source="Sigmoid layer in front of a with-logits loss; a classic of PyTorch forums. Derived",
)
class applies_the_sigmoid_twice:
    """binary_cross_entropy_with_logits takes sigmoid(z) for the logits"""

    def binary_cross_entropy_with_logits(z, y):
        return solution.binary_cross_entropy_with_logits(solution.sigmoid(z), y)


@misconception(
    caught_by="with_logits_value",
    explanation="""
    Examples with label 1 have the right cost, and those with label 0 cost log 2 = 0.693 whatever
    their logit is. The formula is log(1 + exp(-y · z)), which is right if the two labels are called
    -1 and +1, as some textbooks and most papers on margins do. With labels 0 and 1 the product
    y · z is 0 for every example of label 0, so its logit has no influence and its gradient is zero:
    the model learns from one half of the data. The loss still falls and stays positive, and at
    logits of 0 it is even right. Before using a compact formula, check which two numbers stand for
    the answers in it.
    """,
    source="Labels in {-1, +1} assumed; Hastie et al. (2009), section 10.5, codes them so. Derived",
)
class expects_labels_of_minus_and_plus_one:
    """binary_cross_entropy_with_logits computes log(1 + exp(-y · z)) with labels 0 and 1"""

    def binary_cross_entropy_with_logits(z, y):
        return np.mean(np.logaddexp(0, -y * z))


@misconception(
    caught_by="with_logits_is_stable",
    explanation="""
    Ordinary logits are right, and a wrong answer with a large logit costs infinity: the probability
    was computed first, and its logarithm afterwards. The probability is where the information is
    lost. Above a logit of about 37, 1 - sigmoid(z) is exactly 0 in float64, although the true
    value is 1e-16; below -745 sigmoid(z) itself is 0. No logarithm can bring back what was rounded
    away. The true costs are harmless numbers, about 37 and 745: for a wrong answer the cost is
    nearly the size of the logit. Adding a small constant or clipping hides the infinity and still
    gives a wrong number. Simplify the logarithm of the sigmoid on paper, before anything is
    computed.
    """,
    source="Why frameworks offer a with-logits loss; limits measured in float64",
)
class takes_the_sigmoid_first:
    """binary_cross_entropy_with_logits calls binary_cross_entropy on sigmoid(z)"""

    def binary_cross_entropy_with_logits(z, y):
        with np.errstate(all="ignore"):
            return solution.binary_cross_entropy(solution.sigmoid(z), y)


@misconception(
    caught_by="with_logits_is_stable",
    explanation="""
    The logarithm of the sigmoid was simplified as it should be, but large positive logits still
    give infinity: in log(1 + exp(z)) - y · z the exponential overflows above 709. For such z the
    logarithm is simply z, since the 1 no longer counts, so the answer is an ordinary number that
    was reached through an infinite one. For label 1 it is worse still: the two terms should nearly
    cancel, and infinity minus 1000 stays infinity although the answer is right and costs nothing.
    Negative logits are fine, so half of a stability test may pass. Compare log(1 + exp(a)) with
    a + log(1 + exp(-a)): they are equal, and for each a one of them is harmless.
    """,
    source="exp overflows above 709.8 in float64 and 88.7 in float32; measured",
)
class exponentiates_positive_logits:
    """binary_cross_entropy_with_logits computes log(1 + exp(z)) - y · z for every z"""

    def binary_cross_entropy_with_logits(z, y):
        with np.errstate(all="ignore"):
            return np.mean(np.log(1 + np.exp(z)) - y * z)


@misconception(
    caught_by="logistic_gradient_values",
    explanation="""
    Each example's part carries an extra factor p · (1 - p), the slope of the sigmoid. That is the
    gradient of the squared error of the probabilities. With the cross-entropy the slope cancels:
    the derivative of the logarithm brings p · (1 - p) into the denominator, and what remains is
    p - y alone. The extra factor never changes a sign, so training goes downhill; but it is at most
    ¼, and close to 0 exactly where the model is sure. An example that is confidently wrong should
    push hardest, and here it hardly pushes at all, so such mistakes are never repaired. Write the
    chain rule down once more, for the cost of one example with label 1.
    """,
    source="Squared-error derivative kept with the cross-entropy; Nielsen (2015), chapter 3",
)
class multiplies_by_the_slope_of_the_sigmoid:
    """logistic_gradient multiplies p - y by p · (1 - p)"""

    def logistic_gradient(x, y, w, b):
        p = solution.sigmoid(x @ w + b)
        residual = (p - y) * p * (1 - p)
        return x.T @ residual / x.shape[0], np.mean(residual)


@misconception(
    caught_by="logistic_gradient_values",
    explanation="""
    Every entry has the right size and the wrong sign: the label minus the probability was used, and
    the minus in front of the loss got lost. The gradient has to point uphill, in the direction in
    which the loss grows. If label 1 was given too little probability, raising the weights of its
    positive inputs lowers the loss, so those entries are negative: p - y. Subtracting this
    gradient climbs, and the model learns to answer the opposite. Some textbooks maximise the
    likelihood and add the gradient; y - p is right there, and mixing the two conventions gives this
    result. If your fit works all the same, a second wrong sign is cancelling the first.
    """,
    source="Deep-ML#273: residual sign reversed; Bishop (2006) minimises, other texts ascend",
)
class subtracts_the_probability_from_the_label:
    """logistic_gradient uses y - p in place of p - y"""

    def logistic_gradient(x, y, w, b):
        dw, db = solution.logistic_gradient(x, y, w, b)
        return -dw, -db


@misconception(
    caught_by="logistic_gradient_values",
    explanation="""
    Only examples that are on the wrong side count: the probabilities were rounded to a decision, 0
    or 1, before the label was subtracted. An example that is right then contributes nothing, and
    one that is wrong contributes its whole input, by however little it is wrong. That is the rule
    of the perceptron, a sensible method, but not the gradient of this loss: a probability of 0.6
    for the right answer still costs 0.51 and should still push. It finds a separating line where
    there is one, so the number of correct answers looks the same, and the probabilities mean
    nothing. Decisions belong to the use of a model; the gradient is made of probabilities.
    """,
    source="Thresholded predictions in the residual; Rosenblatt (1958) has it as the perceptron",
)
class rounds_the_probabilities:
    """logistic_gradient subtracts the labels from decisions, p > ½, not from probabilities"""

    def logistic_gradient(x, y, w, b):
        residual = (x @ w + b > 0) - y
        return x.T @ residual / x.shape[0], np.mean(residual)


@misconception(
    caught_by="logistic_gradient_values",
    explanation="""
    The probabilities were computed from x @ w alone: the bias is missing from the logit. As long as
    b is 0 nothing is wrong, and that is where most fits start, so the first step is right and the
    later ones drift. The sum for db may be right as a formula, and yet its value is wrong, because
    p is. In a fit the bias then grows without end: nothing that it does ever shows in the
    probabilities, so its gradient never shrinks. A model without a bias gives even odds to an input
    of all zeros, whatever the data say. Follow b through your function and see where it is used.
    """,
    source="Bias hidden by a start at zero; derived",
)
class leaves_the_bias_out_of_the_logit:
    """logistic_gradient computes p as sigmoid(x @ w), without b"""

    def logistic_gradient(x, y, w, b):
        return solution.logistic_gradient(x, y, w, 0.0)


@misconception(
    caught_by="logistic_gradient_is_a_mean_over_examples",
    explanation="""
    dw is right, and db is N times too large: it is the sum of the residuals, and the mean was
    taken for dw only. It happens when dw is a matrix product followed by a division, and db, on the
    next line, a plain sum. Both are derivatives of the same mean, so both carry the same 1/N; the
    bias is nothing but the weight of an input that is always 1. Repeat every example and db
    doubles while dw stays as it is, although the data say nothing new. A fit still goes to the
    right place, because at the minimum the sum is zero as well, but the bias swings to and fro and,
    with many examples, flies off. Compare your last two lines.
    """,
    source="db summed while dw is averaged; derived",
)
class adds_up_the_bias_gradient:
    """logistic_gradient divides dw by N and not db"""

    def logistic_gradient(x, y, w, b):
        dw, db = solution.logistic_gradient(x, y, w, b)
        return dw, db * x.shape[0]


@misconception(
    caught_by="fit_path",
    explanation="""
    After one step the weights are right and the bias is slightly off. The weights were changed
    first, and the gradient for the bias was computed afterwards, with the new weights already in
    place. One step of gradient descent has one gradient, taken at one point, and moves everything
    along it together. Changing one part and looking again before changing the next is another
    method; it goes downhill too and ends in the same place, so the final result looks fine, and
    only the path tells. It is easily written, since w and b are updated on two separate lines. Look
    at what happens between the moment when dw is used and the moment when db is computed.
    """,
    source="Parameters updated in sequence, the second uses the new first; derived",
)
class moves_the_bias_after_the_weights:
    """fit_logistic_regression computes db with the weights that it has just changed"""

    def fit_logistic_regression(x, y, w, b, learning_rate, steps):
        def move(w, b):
            w = w - learning_rate * solution.logistic_gradient(x, y, w, b)[0]
            return w, b - learning_rate * solution.logistic_gradient(x, y, w, b)[1]

        return _path(x, y, w, b, steps, move)


@misconception(
    caught_by="fit_path",
    explanation="""
    All entries of bs are equal: the bias stays where it started, and only the weights are updated.
    The first row of ws after the start is still right, because the first gradient does not depend
    on what will become of the bias; later rows drift away. The model learns something, since the
    weights make up for the bias as well as they can, and with inputs that are centred around zero
    and as many labels of one kind as of the other the difference is small. But its boundary is
    stuck: with a bias of 0 it must pass through the origin. The bias is a parameter like the
    others, with a gradient of its own. See what your loop does with db.
    """,
    source="Bias left out of the update; derived",
)
class never_moves_the_bias:
    """fit_logistic_regression updates w and leaves b at its start"""

    def fit_logistic_regression(x, y, w, b, learning_rate, steps):
        def move(w, b):
            return w - learning_rate * solution.logistic_gradient(x, y, w, b)[0], b

        return _path(x, y, w, b, steps, move)


@misconception(
    caught_by="fit_goes_downhill",
    explanation="""
    The first step has the right length and goes the wrong way: the gradient was added where it has
    to be subtracted. The gradient points to where the loss grows, so each step makes the
    predictions worse, and the longer it runs the surer the model is of the wrong answers. With
    logistic regression nothing overflows on the way, as it would with a squared error: the loss
    grows about evenly, and the numbers look tame. If the logarithm of the likelihood is maximised,
    adding its gradient is right; here a loss is minimised. Print the loss before and after one
    small step. If it rises, one sign is wrong: either in the update or in the gradient, and never
    repair both.
    """,
    source="Ascent on the likelihood mixed with descent on the loss; derived",
)
class adds_the_gradient:
    """fit_logistic_regression steps up the gradient"""

    def fit_logistic_regression(x, y, w, b, learning_rate, steps):
        return solution.fit_logistic_regression(x, y, w, b, -learning_rate, steps)
