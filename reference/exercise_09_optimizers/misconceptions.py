"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace

from grader.spec import misconception, solution

_VELOCITIES = {}


def _root(x):
    return array_namespace(x).sqrt(x)


def _averages(adam, name, g):
    """Update Adam's two averages for one name and return them, uncorrected."""
    adam.m[name] = adam.beta1 * adam.m.get(name, 0.0) + (1 - adam.beta1) * g
    adam.v[name] = adam.beta2 * adam.v.get(name, 0.0) + (1 - adam.beta2) * g * g
    return adam.m[name], adam.v[name]


@misconception(
    caught_by="sgd_path",
    explanation="""
    Every parameter moves by the right amount in the wrong direction: the step was added where it
    should be subtracted. The gradient points to where the loss grows fastest, so adding it climbs
    the hill. The shapes and sizes are all right, and with a small learning rate the loss rises so
    slowly at first that one may blame the data. Compare the first entry of your result with the
    parameter and its gradient: where the gradient is positive, the parameter has to become
    smaller. If your rules for momentum and Adam are right, this is a slip of one sign. If they
    climb as well, go back to what the gradient means.
    """,
    source="Sign slip; exercise 02 of many courses, compare Deep-ML#273 (residual reversed)",
)
class climbs_the_gradient:
    """SGD adds lr times the gradient"""

    class SGD(solution.SGD):
        def step(self, params, grads):
            return {name: p + self.lr * grads[name] for name, p in params.items()}


@misconception(
    caught_by="sgd_path",
    explanation="""
    The numbers may well be right, but the parameters that were handed in have changed: an
    augmented assignment such as -= on an array writes into that array, and the caller still holds
    it. In a training loop that keeps only the newest parameters nobody notices, which is why this
    is so common. It hurts as soon as somebody compares before and after, keeps the best weights so
    far, or hands the same start to two optimizers: all of them see the values of the latest step.
    The convention here is that step returns a new dict with new arrays. Compute the difference
    into a new array, and leave the dict that was given as it is.
    """,
    source="Everyday NumPy; PyTorch's optimizers do change parameters in place, on purpose",
)
class writes_into_the_parameters:
    """SGD changes the arrays that it was given"""

    class SGD(solution.SGD):
        def step(self, params, grads):
            for name in params:
                params[name] -= self.lr * grads[name]
            return params


@misconception(
    caught_by="sgd_path",
    explanation="""
    The gradients were paired with the parameters by their position in the dict, and not by their
    name. As long as both dicts were filled in the same order nobody can tell, and that is the
    usual case in a small script. A backward pass, however, meets the last layer first, so its
    dict often runs the other way. Then the first weights get the gradients of the last ones. If
    the shapes differ you are lucky, since broadcasting fails with an error; where two layers have
    the same size the training goes on, badly. Walk over the names of the parameters and look each
    gradient up by its name.
    """,
    source="Derived; dicts filled in forward and in backward order",
)
class pairs_by_position:
    """SGD takes the n-th gradient for the n-th parameter"""

    class SGD(solution.SGD):
        def step(self, params, grads):
            pairs = zip(params.items(), grads.values(), strict=True)
            return {name: p - self.lr * g for (name, p), g in pairs}


@misconception(
    caught_by="sgd_path",
    explanation="""
    The path is right while each step starts where the last one ended, and wrong as soon as the
    caller hands in other parameters: your object walks on from a copy of its own and ignores what
    it is given. An optimizer that owns the parameters is a familiar picture, since PyTorch's get
    them once, in the constructor. Here they are an argument of every step, and the object keeps
    only what it needs to remember about gradients. Loading a checkpoint, averaging two models or
    undoing a bad step all change the parameters between steps. Compute the new parameters from
    the ones in the argument; SGD has nothing to remember at all.
    """,
    source="Derived from the ownership of parameters in torch.optim",
)
class walks_on_from_a_copy_of_its_own:
    """SGD keeps the parameters of its first call and updates those"""

    class SGD(solution.SGD):
        def step(self, params, grads):
            here = getattr(self, "here", params)
            self.here = {name: p - self.lr * grads[name] for name, p in here.items()}
            return self.here


@misconception(
    caught_by="momentum_path",
    explanation="""
    Each move contains more of the newest gradient than it should: after updating the velocity,
    you moved by gradient plus momentum times velocity. That is Nesterov's variant, in the form
    that PyTorch and Keras use when nesterov is switched on, and it often converges a little
    faster. Many tutorials call both simply momentum, so it is easy to copy the wrong one. Under
    one steady gradient the two become the same after some steps, and the loss curves look alike.
    The first step gives it away: the velocity starts at zero, so the first move must be exactly
    the learning rate times the gradient, and yours is 1 + momentum times that.
    """,
    source="Sutskever et al. (2013) on Nesterov's form; momentum conventions, derived",
)
class looks_ahead:
    """Momentum moves by g + momentum · v"""

    class Momentum(solution.Momentum):
        def step(self, params, grads):
            super().step(params, grads)
            return {
                name: p - self.lr * (grads[name] + self.momentum * self.v[name])
                for name, p in params.items()
            }


@misconception(
    caught_by="momentum_path",
    explanation="""
    The first step does not move at all, and every later one makes the move that was due before
    it: the parameters were changed by the old velocity, and only then was the velocity updated
    with the new gradient. The two lines stand in the wrong order. In a long training one step of
    delay is invisible, and the final loss is nearly the same, so this can live in a project for
    years. It shows at the start, where the velocity is still zero, and after every change of the
    gradient, which acts one step late. The formulas in the README are meant from top to bottom:
    bring the velocity up to date first, then move by it.
    """,
    source="Order of two assignments; derived",
)
class moves_before_updating_the_velocity:
    """Momentum moves by the velocity of the step before"""

    class Momentum(solution.Momentum):
        def step(self, params, grads):
            moved = {name: p - self.lr * self.v.get(name, 0.0) for name, p in params.items()}
            super().step(params, grads)
            return moved


@misconception(
    caught_by="momentum_gains_speed",
    explanation="""
    The new gradient entered the velocity with weight 1 - momentum, so that the velocity is a
    moving average of gradients. The convention here is a sum that forgets: the new gradient has
    weight 1. Both are in use; PyTorch calls the missing weight dampening and leaves it at 0. With
    momentum 0.9 your steps are ten times shorter, in the first step and in the long run, and a
    ten times larger learning rate hides the difference completely. That is why nobody finds it by
    looking at a loss curve. Adam does take the average, and then has to correct its start; mixing
    up these two formulas is the usual origin.
    """,
    source="Momentum and dampening conventions; compare the torch.optim.SGD documentation",
)
class weighs_the_new_gradient_down:
    """Momentum computes v = momentum · v + (1 - momentum) · g"""

    class Momentum(solution.Momentum):
        def step(self, params, grads):
            rest = 1 - self.momentum
            return super().step(params, {name: rest * g for name, g in grads.items()})


@misconception(
    caught_by="momentum_gains_speed",
    explanation="""
    Every step equals a step of plain gradient descent: the velocity starts at zero each time. It
    was computed in a local variable, or the place that keeps it is created anew in every call, so
    nothing is carried over. The first step is right, and a test of one step passes. The training
    works as well, since plain gradient descent works, only the speed that momentum promises never
    comes. An optimizer is an object just because it has to remember something between calls.
    Look at where your velocity lives: it has to be made in the constructor, or the first time a
    name is seen, and it must be found again under that name in the next call.
    """,
    source="Local variable in place of state; derived",
)
class starts_every_step_at_rest:
    """Momentum forgets the velocity after each step"""

    class Momentum(solution.Momentum):
        def step(self, params, grads):
            self.v = {}
            return super().step(params, grads)


@misconception(
    caught_by="momentum_gains_speed",
    explanation="""
    One optimizer alone is right, and two that are used in turns disturb each other: all objects
    of your class keep their velocities in the same dict. That happens with a variable of the
    module, with a dict that is made in the body of the class and not in the constructor, and with
    a mutable default value of a parameter, since each of these exists once for all objects. A
    script that trains one model never notices. A GAN has two optimizers, and a comparison of two
    learning rates as well; there the gradients of one network push the other. Make the dict in the
    constructor and keep it as an attribute of self.
    """,
    source="Shared state; Python documentation, 'Class and Instance Variables'; derived",
)
class shares_one_dict_between_objects:
    """Momentum keeps the velocities of all objects in one dict"""

    class Momentum(solution.Momentum):
        def __init__(self, lr, momentum=0.9):
            super().__init__(lr, momentum)
            self.v = _VELOCITIES
            self.v.clear()


@misconception(
    caught_by="adagrad_path",
    explanation="""
    Large gradients give the right step and small ones almost none: epsilon was added to the sum of
    squares before the root was taken. Then it counts as the root of epsilon, 0.0001 for 1e-8, which
    is ten thousand times more than was meant. Entries whose gradients are near 1 hide this, since
    there both forms agree to eight digits, and that is what most tests look at. For a gradient of
    1e-6 your step is about a hundredth of the right one, and treating small gradients like large
    ones is the whole purpose of AdaGrad. The convention here adds epsilon to the root, after it
    was taken.
    """,
    source="Measured on Adam: at g = 1e-6 the step is 0.01 in place of 0.99; same form here",
)
class adds_epsilon_to_the_sum_of_squares:
    """AdaGrad divides by √(s + eps)"""

    class AdaGrad(solution.AdaGrad):
        def step(self, params, grads):
            super().step(params, grads)
            return {
                name: p - self.lr * grads[name] / _root(self.s[name] + self.eps)
                for name, p in params.items()
            }


@misconception(
    caught_by="adagrad_path",
    explanation="""
    Every step has the same length, the learning rate, whatever the gradient: the squares of
    earlier steps were replaced by the newest one and not added to. Then the root of the sum is
    just the absolute value of the gradient, and gradient over absolute value leaves its sign. The
    first step is right, because there is nothing earlier to add. AdaGrad is meant to slow down: an
    entry that has already moved a lot takes shorter steps, 1, 0.71, 0.58 and so on under one
    gradient. Without the sum the steps never shrink and the parameters jump around the minimum.
    Look for an assignment where the old sum should take part.
    """,
    source="Overwritten accumulator, which leaves sign descent; derived",
)
class forgets_earlier_squares:
    """AdaGrad keeps only the newest g²"""

    class AdaGrad(solution.AdaGrad):
        def step(self, params, grads):
            self.s = {}
            return super().step(params, grads)


@misconception(
    caught_by="adagrad_path",
    explanation="""
    All entries of a tensor were divided by one and the same number, the root of the sum of squares
    over the whole tensor. The sum in the README runs over the steps, not over the entries: each
    weight keeps a history of its own. With a single number the directions of plain gradient
    descent stay as they are and only the length of the step is adapted, so an entry with small
    gradients still creeps. A tensor with one entry cannot tell the two apart. The single-number
    rule has a name, AdaGrad-Norm, and its own theory, but it is not what is asked for. Look for a
    sum or a norm over an array, and leave it out.
    """,
    source="Ward, Wu and Bottou (2019), AdaGrad-Norm; misreading of the sum",
)
class divides_by_the_norm_of_the_tensor:
    """AdaGrad keeps one sum of squares per tensor"""

    class AdaGrad(solution.AdaGrad):
        def step(self, params, grads):
            moved = {}
            for name, p in params.items():
                xp, g = array_namespace(p), grads[name]
                self.s[name] = self.s.get(name, 0.0) + xp.sum(g * g)
                moved[name] = p - self.lr * g / (xp.sqrt(self.s[name]) + self.eps)
            return moved


@misconception(
    caught_by="rmsprop_path",
    explanation="""
    Your steps are too short by one factor, about 0.32 for a beta of 0.9 and another for other
    betas: the new square was added with weight 1 and not with 1 - beta. What you keep is a sum
    that forgets, like the velocity of momentum, and not an average; in the long run it is
    1 / (1 - beta) times the mean square. The path has the right shape, since all steps are
    shortened alike, and a larger learning rate makes up for it. But the learning rate then means
    something different for every beta. In a moving average the two weights add up to 1: what
    the old value loses goes to the new one.
    """,
    source="Sum and average confused; compare Hinton's lecture 6.5; derived",
)
class gives_the_new_square_full_weight:
    """RMSprop computes s = beta · s + g²"""

    class RMSprop(solution.RMSprop):
        def step(self, params, grads):
            moved = {}
            for name, p in params.items():
                g = grads[name]
                self.s[name] = self.beta * self.s.get(name, 0.0) + g * g
                moved[name] = p - self.lr * g / (_root(self.s[name]) + self.eps)
            return moved


@misconception(
    caught_by="rmsprop_path",
    explanation="""
    The two weights of the moving average are exchanged: the old average got 1 - beta and the new
    square got beta. With a beta of 0.9 the average then forgets nine tenths in every step and
    follows the newest gradient almost alone, so each step has nearly the length of the learning
    rate. It still is an average, the weights still add up to 1, and with a beta of one half nobody
    could tell the difference. The name of a weight does not say which one it is: what PyTorch
    calls momentum in batch normalisation is the weight of the new value. Here beta is the weight
    of the old average, so a beta near 1 means a long memory.
    """,
    source="Two conventions for the weight of an average, as in batch norm's momentum; derived",
)
class exchanges_old_and_new:
    """RMSprop gives the old average the weight 1 - beta"""

    class RMSprop(solution.RMSprop):
        def __init__(self, lr, beta=0.9, eps=1e-8):
            super().__init__(lr, 1 - beta, eps)


@misconception(
    caught_by="rmsprop_path",
    explanation="""
    The average of squares was divided by one minus a power of beta before use, as Adam does it.
    That is a sensible thing to do, since an average that starts at zero is too small at first, and
    after some dozen steps it makes no difference any more. But RMSprop is older than this idea,
    and its definition, like the one in the large libraries, has no correction. Its first steps
    are therefore longer than the learning rate, 3.2 times for a beta of 0.9. Whoever writes Adam
    first and then RMSprop by deleting lines often leaves this one in. The README's two lines for
    RMSprop are all there is.
    """,
    source="Tieleman and Hinton (2012) against Kingma and Ba (2015); derived",
)
class corrects_a_bias_that_is_meant_to_stay:
    """RMSprop divides s by 1 - beta to the power t"""

    class RMSprop(solution.RMSprop):
        def step(self, params, grads):
            self.t = getattr(self, "t", 0) + 1
            super().step(params, grads)
            return {
                name: p
                - self.lr * grads[name] / (_root(self.s[name] / (1 - self.beta**self.t)) + self.eps)
                for name, p in params.items()
            }


@misconception(
    caught_by="adam_path",
    explanation="""
    Entries with ordinary gradients are right, and those with tiny ones hardly move: epsilon was
    added under the root, where 1e-8 acts like 0.0001. At a gradient of 1 both forms agree to eight
    digits, so a test with gradients of that size passes. Gradients of 1e-6 are common in
    deep networks, and for them your first step is a hundredth of the learning rate, while Adam's
    is nearly all of it. The purpose of epsilon is only to keep a division by zero away, and for
    that it has to be small beside the root and not beside the square. Take the root of the
    corrected average first, then add epsilon.
    """,
    source="Measured: at g = 1e-6 the step is 0.01 in place of 0.99; invisible near g = 1",
)
class adds_epsilon_under_the_root:
    """Adam divides by √(v̂ + eps)"""

    class Adam(solution.Adam):
        def step(self, params, grads):
            self.t += 1
            moved = {}
            for name, p in params.items():
                m, v = _averages(self, name, grads[name])
                m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
                moved[name] = p - self.lr * m_hat / _root(v_hat + self.eps)
            return moved


@misconception(
    caught_by="adam_path",
    explanation="""
    Both corrections were drawn into the learning rate, and epsilon was added to the root of the
    average that is not corrected yet. For large gradients this is the same thing, and the Adam
    paper even recommends the order to save time. But epsilon now stands beside a number that is
    too small: with a beta2 of 0.999 it counts 31.6 times as much in the first step, and the
    factor falls slowly with the steps. Where gradients are near epsilon the first steps come out
    much too short. Libraries differed here for years. The convention of this exercise is the one
    of the paper's algorithm 1: correct both averages, then take the root, then add epsilon.
    """,
    source="pytorch#22628, tensorflow#9047: epsilon before or after the correction",
)
class adds_epsilon_before_the_correction:
    """Adam computes lr · √(1 - beta2ᵗ) / (1 - beta1ᵗ) · m / (√v + eps)"""

    class Adam(solution.Adam):
        def step(self, params, grads):
            self.t += 1
            rate = self.lr * math.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
            moved = {}
            for name, p in params.items():
                m, v = _averages(self, name, grads[name])
                moved[name] = p - rate * m / (_root(v) + self.eps)
            return moved


@misconception(
    caught_by="adam_moves_by_the_learning_rate",
    explanation="""
    The averages were used as they are, without the division that corrects their start. Both begin
    at zero and are too small at first, the squares more than the gradients, because beta2 is
    nearer to 1. So the two errors do not cancel: with the default settings the first step is 3.16
    times the learning rate, and the next ones are longer still. After a few thousand steps the
    correction is nothing, and a training may survive its rough start, so the loss curve
    looks only a little worse. Under one steady gradient Adam moves by the learning rate in every
    step; that is the quickest way to check your version by hand.
    """,
    source="Measured: first step 3.16 · lr; Kingma and Ba (2015), section 3",
)
class leaves_out_the_correction:
    """Adam moves by m / (√v + eps)"""

    class Adam(solution.Adam):
        def step(self, params, grads):
            moved = {}
            for name, p in params.items():
                m, v = _averages(self, name, grads[name])
                moved[name] = p - self.lr * m / (_root(v) + self.eps)
            return moved


@misconception(
    caught_by="adam_moves_by_the_learning_rate",
    explanation="""
    The first step is right, and from the second on the steps grow: the averages were divided by
    1 - beta in every step, and not by 1 minus beta to the power of the step. Many write the power
    as a small raised t that is easily read over, and with t = 1 both are the same, so a test of
    one step passes. But the correction has to fade. Once an average has filled up it needs none,
    and dividing it by 0.001 for ever makes the squares a thousand times too large. Count your
    steps, and raise each beta to that count; under one steady gradient every step should then be
    as long as the first.
    """,
    source="npfl114#79, ML-From-Scratch#35: a constant in place of the power",
)
class corrects_by_the_same_amount_for_ever:
    """Adam divides by 1 - beta1 and 1 - beta2 in every step"""

    class Adam(solution.Adam):
        def step(self, params, grads):
            moved = {}
            for name, p in params.items():
                m, v = _averages(self, name, grads[name])
                root = _root(v / (1 - self.beta2))
                moved[name] = p - self.lr * m / (1 - self.beta1) / (root + self.eps)
            return moved


@misconception(
    caught_by="adam_moves_by_the_learning_rate",
    explanation="""
    Your steps are corrected as if one more had been made: the counter was 2 in the first step. It
    began at 1 and was increased before use. Then the correction of the squares is too weak by
    about one half and that of the gradients as well; the first step comes out as 0.744 times the
    learning rate with the default settings. The next steps are off by less and less, so a
    training curve shows nothing. The other slip, a counter that is still 0 in the first step,
    announces itself by a division by zero. Decide once whether the counter is increased
    before or after use, and check that the first step sees a 1.
    """,
    source="cs231n#179: counter off by one, first step 0.744 · lr",
)
class counts_the_first_step_as_the_second:
    """Adam starts its counter at 1 and increases it before use"""

    class Adam(solution.Adam):
        def __init__(self, lr, beta1=0.9, beta2=0.999, eps=1e-8):
            super().__init__(lr, beta1, beta2, eps)
            self.t = 1


@misconception(
    caught_by="adam_path",
    explanation="""
    The first parameter of the dict is right in the first step, and the next one is not: the step
    counter is increased inside the loop over the parameters, so it counts tensors and not steps.
    With ten tensors it stands at 10 before the first step is over, and each tensor gets the
    correction of another time. With a single tensor everything is right, and that is how an
    optimizer is usually tried out. In a real network the early steps are wrong by a different
    factor for each layer, and later nothing is to be seen. One call of step is one step for all
    names: raise the counter once, before the loop.
    """,
    source="100-Days#1575: t raised once per tensor",
)
class counts_every_tensor_as_a_step:
    """Adam increases t inside the loop over the parameters"""

    class Adam(solution.Adam):
        def step(self, params, grads):
            moved = {}
            for name, p in params.items():
                self.t += 1
                m, v = _averages(self, name, grads[name])
                m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
                moved[name] = p - self.lr * m_hat / (_root(v_hat) + self.eps)
            return moved


@misconception(
    caught_by="adamw_decay_is_decoupled",
    explanation="""
    The decay was added to the gradient, as for a penalty on the squared weights, and then went
    through both averages. For plain gradient descent that is the same as shrinking the weights,
    and so it was done in Adam, too, until somebody looked closely. In Adam the sum is divided by
    the root of its own squares: a weight with large gradients is hardly shrunk at all, and one
    without gradients moves by the whole learning rate, however small it is. That is Adam with an
    L2 penalty; the W stands for taking the decay out. With gradients of zero AdamW multiplies
    each parameter by one fixed factor. Try that case.
    """,
    source="Loshchilov and Hutter (2019), algorithm 2; measured in a test of CS336",
)
class sends_the_decay_through_the_averages:
    """AdamW adds weight_decay · p to the gradient"""

    class AdamW(solution.AdamW):
        def step(self, params, grads):
            decay, self.weight_decay = self.weight_decay, 0.0
            pulled = {name: grads[name] + decay * p for name, p in params.items()}
            moved = super().step(params, pulled)
            self.weight_decay = decay
            return moved


@misconception(
    caught_by="adamw_decay_is_decoupled",
    explanation="""
    The parameters shrink by weight_decay of themselves in every step, without the learning rate as
    a factor. With the usual 0.01 that means one per cent per step, and after a few hundred steps
    the weights are gone, whatever the gradients say. At a learning rate of 0.001 it is a thousand
    times too strong. The paper's algorithm invites this reading, since it has a decay without the
    base learning rate, beside a multiplier for the schedule. The convention of the libraries, and
    of this exercise, is that the learning rate multiplies both parts of the step, so
    that a schedule which lowers it lowers the decay with it.
    """,
    source="Loshchilov and Hutter (2019), algorithm 2, against torch.optim.AdamW; derived",
)
class shrinks_without_the_learning_rate:
    """AdamW subtracts weight_decay · p"""

    class AdamW(solution.AdamW):
        def step(self, params, grads):
            moved = solution.Adam.step(self, params, grads)
            return {name: moved[name] - self.weight_decay * p for name, p in params.items()}


@misconception(
    caught_by="adamw_path",
    explanation="""
    The decay was taken from the parameter after Adam's step, so the step itself was shrunk as
    well. The result is off by lr times weight_decay times the length of the step, which is tiny
    for the usual settings, and no training will ever notice. The formula in the README uses
    the parameter before the step on both places. In code the two orders look alike: it depends
    on whether the decay is computed before or after the line that overwrites the parameter.
    Shrinking first and then moving is right, as is computing both parts from the old value; moving
    first and then shrinking is not. With gradients of zero they agree.
    """,
    source="Order of two updates; derived",
)
class shrinks_the_step_as_well:
    """AdamW multiplies the parameter by 1 - lr · weight_decay after the step"""

    class AdamW(solution.AdamW):
        def step(self, params, grads):
            moved = solution.Adam.step(self, params, grads)
            keep = 1 - self.lr * self.weight_decay
            return {name: keep * p for name, p in moved.items()}


@misconception(
    caught_by="cosine_schedule_values",
    explanation="""
    Up to the last step everything is right, and beyond it the learning rate climbs again. A cosine
    is periodic: after half a turn it has reached its lowest point, and there its formula goes on
    with the way up. As long as the training ends exactly when the schedule does, nobody sees it.
    When it is made a little longer, the rate rises steeply just as the model should settle, and
    after the same time once more it is back at its peak. With warm restarts that is wanted, though
    not in this shape. Here the schedule stays at min_lr for good, so progress may not grow
    beyond 1.
    """,
    source="Periodic formula without a bound; compare pytorch's CosineAnnealingLR beyond T_max",
)
class climbs_again_after_the_end:
    """cosine_schedule goes on with the cosine beyond total_steps"""

    def cosine_schedule(step, peak_lr, warmup_steps, total_steps, min_lr=0.0):
        if step < warmup_steps:
            return peak_lr * step / warmup_steps
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return min_lr + 0.5 * (peak_lr - min_lr) * (1 + math.cos(math.pi * progress))


@misconception(
    caught_by="cosine_schedule_values",
    explanation="""
    The progress of the descent was measured from step 0, and not from the end of the warm-up. Then
    part of the cosine is already over when the descent begins: the rate rises to its peak along
    the line and drops at the next step to where the cosine stands by then. With a short
    warm-up in a long training the gap is small, a few per cent, and a plot of the whole schedule
    shows a spike one step wide that is easily taken for the peak itself. The descent has only
    total_steps minus warmup_steps steps for its half turn, and at the first of them it
    should still be at the top.
    """,
    source="Warm-up put in front of a finished schedule; derived",
)
class starts_the_cosine_at_step_zero:
    """cosine_schedule computes progress as step / total_steps"""

    def cosine_schedule(step, peak_lr, warmup_steps, total_steps, min_lr=0.0):
        if step < warmup_steps:
            return peak_lr * step / warmup_steps
        progress = min(1.0, step / total_steps)
        return min_lr + 0.5 * (peak_lr - min_lr) * (1 + math.cos(math.pi * progress))


@misconception(
    caught_by="cosine_schedule_values",
    explanation="""
    The warm-up is one step ahead: at step 0 it gives the peak over warmup_steps, and it reaches the
    peak one step early, so that two steps in a row have it. Whoever counts updates from 0 writes
    step + 1 there on purpose, since otherwise the first update would have a learning rate of 0 and
    change nothing. That is a good reason, and some libraries do it. In this exercise the first
    update is step 1, so the extra 1 is in the argument already. A difference of one step does no
    harm in training, but a schedule has to agree with the count of whoever calls it. Check step 0
    and the last step of the rise.
    """,
    source="Counting from 0 or from 1; torch's LinearLR against get_cosine_schedule_with_warmup",
)
class warms_up_one_step_ahead:
    """cosine_schedule rises as (step + 1) / warmup_steps"""

    def cosine_schedule(step, peak_lr, warmup_steps, total_steps, min_lr=0.0):
        if step < warmup_steps:
            return peak_lr * (step + 1) / warmup_steps
        return solution.cosine_schedule(step, peak_lr, warmup_steps, total_steps, min_lr)


@misconception(
    caught_by="cosine_schedule_values",
    explanation="""
    The lowest rate was added on top of a cosine of full height. At the end this is right, since the
    cosine is at zero there, and with a min_lr of 0, the default, it is right everywhere. In
    between the rate is too high, most of all at the start of the descent, where it jumps from
    peak_lr to peak_lr plus min_lr. As min_lr is usually a tenth of the peak or less, a plot looks
    fine at first sight. The cosine has to bridge only the distance between the two rates: its
    height is peak_lr minus min_lr. Check the step at which the warm-up ends, where
    the value should be the peak exactly.
    """,
    source="Derived; seen wherever a floor is added to a finished formula",
)
class puts_the_cosine_on_top_of_the_floor:
    """cosine_schedule gives the cosine the height peak_lr"""

    def cosine_schedule(step, peak_lr, warmup_steps, total_steps, min_lr=0.0):
        if step < warmup_steps:
            return peak_lr * step / warmup_steps
        fallen = solution.cosine_schedule(step, peak_lr, warmup_steps, total_steps)
        return min_lr + fallen
