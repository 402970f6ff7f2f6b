"""Exercise 09: update rules from gradient descent to AdamW, and a learning rate schedule.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-09`.

In all classes `params` and `grads` are dicts from a name to an array, with the same names; the
array of gradients has the shape of its parameter. `step` changes neither of them.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray
Arrays = dict[str, Array]


class SGD:
    """Plain gradient descent."""

    def __init__(self, lr: float) -> None:
        """Keep the settings.

        Args:
            lr: the learning rate.
        """
        raise NotImplementedError("SGD")

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """Take one step down the gradient.

        Args:
            params: name → parameter, any shape.
            grads: name → gradient, same names and shapes.

        Returns:
            A new dict, name → parameter after the step.
        """
        raise NotImplementedError("SGD.step")


class Momentum:
    """Gradient descent with a velocity for every parameter."""

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        """Keep the settings and start at rest.

        Args:
            lr: the learning rate.
            momentum: the share of the velocity that is kept from step to step, in [0, 1).
        """
        raise NotImplementedError("Momentum")

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """Update the velocities, then move by them.

        Args:
            params: name → parameter, any shape.
            grads: name → gradient, same names and shapes.

        Returns:
            A new dict, name → parameter after the step.
        """
        raise NotImplementedError("Momentum.step")


class AdaGrad:
    """Divides each entry of the gradient by the root of the sum of its squares so far."""

    def __init__(self, lr: float, eps: float = 1e-8) -> None:
        """Keep the settings and start with sums of zero.

        Args:
            lr: the learning rate.
            eps: added to the root, so that nothing is divided by zero.
        """
        raise NotImplementedError("AdaGrad")

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """Add the squares to the sums, then move.

        Args:
            params: name → parameter, any shape.
            grads: name → gradient, same names and shapes.

        Returns:
            A new dict, name → parameter after the step.
        """
        raise NotImplementedError("AdaGrad.step")


class RMSprop:
    """Divides each entry of the gradient by the root of a moving average of its squares."""

    def __init__(self, lr: float, beta: float = 0.9, eps: float = 1e-8) -> None:
        """Keep the settings and start with averages of zero.

        Args:
            lr: the learning rate.
            beta: the weight of the old average, in [0, 1); the new square gets 1 - beta.
            eps: added to the root, so that nothing is divided by zero.
        """
        raise NotImplementedError("RMSprop")

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """Update the averages, then move.

        Args:
            params: name → parameter, any shape.
            grads: name → gradient, same names and shapes.

        Returns:
            A new dict, name → parameter after the step.
        """
        raise NotImplementedError("RMSprop.step")


class Adam:
    """Moves by a moving average of the gradient over the root of one of its squares."""

    def __init__(
        self, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        """Keep the settings and start with averages of zero.

        Args:
            lr: the learning rate.
            beta1: the weight of the old average of gradients, in [0, 1).
            beta2: the weight of the old average of squares, in [0, 1).
            eps: added to the root of the corrected average of squares.
        """
        raise NotImplementedError("Adam")

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """Count the step, update both averages, correct them, then move.

        Args:
            params: name → parameter, any shape.
            grads: name → gradient, same names and shapes.

        Returns:
            A new dict, name → parameter after the step.
        """
        raise NotImplementedError("Adam.step")


class AdamW:
    """Adam with weight decay that does not pass through the averages."""

    def __init__(
        self,
        lr: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        """Keep the settings and start with averages of zero.

        Args:
            lr: the learning rate.
            beta1: the weight of the old average of gradients, in [0, 1).
            beta2: the weight of the old average of squares, in [0, 1).
            eps: added to the root of the corrected average of squares.
            weight_decay: how strongly parameters are drawn towards zero.
        """
        raise NotImplementedError("AdamW")

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """Move as Adam does, and shrink the parameters.

        Args:
            params: name → parameter, any shape.
            grads: name → gradient, same names and shapes.

        Returns:
            A new dict, name → parameter after the step.
        """
        raise NotImplementedError("AdamW.step")


def cosine_schedule(
    step: int, peak_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0
) -> float:
    """Return the learning rate of one step: linear warm-up, then half a cosine down.

    Args:
        step: which step, 0 or more; the first update of a training is step 1.
        peak_lr: the learning rate at step `warmup_steps`.
        warmup_steps: how long the rise takes, 0 or more.
        total_steps: the step at which `min_lr` is reached, more than `warmup_steps`.
        min_lr: the learning rate at step `total_steps` and after it.

    Returns:
        The learning rate, a single number.
    """
    raise NotImplementedError("cosine_schedule")
