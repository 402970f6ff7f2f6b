"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over the entries, with lists of floats as state"""

    class Momentum(solution.Momentum):
        def step(self, params, grads):
            moved = {}
            for name, p in params.items():
                v = self.v.setdefault(name, [0.0] * p.size)
                entries = []
                for i, g in enumerate(grads[name].ravel().tolist()):
                    v[i] = self.momentum * v[i] + g
                    entries.append(p.flat[i] - self.lr * v[i])
                moved[name] = np.array(entries).reshape(p.shape)
            return moved

    class Adam(solution.Adam):
        def step(self, params, grads):
            self.t += 1
            moved = {}
            for name, p in params.items():
                m = self.m.setdefault(name, [0.0] * p.size)
                v = self.v.setdefault(name, [0.0] * p.size)
                moved[name] = np.empty(p.shape)
                for i, g in enumerate(grads[name].ravel().tolist()):
                    m[i] += (1 - self.beta1) * (g - m[i])
                    v[i] += (1 - self.beta2) * (g**2 - v[i])
                    m_hat = m[i] / (1 - self.beta1**self.t)
                    v_hat = v[i] / (1 - self.beta2**self.t)
                    step = self.lr * m_hat / (math.sqrt(v_hat) + self.eps)
                    moved[name].flat[i] = p.flat[i] - step
            return moved


@variant()
class buffers_changed_in_place:
    """State made with zeros_like and updated in place, results in copies, params shrunk first"""

    class SGD(solution.SGD):
        def step(self, params, grads):
            moved = {name: p.copy() for name, p in params.items()}
            for name in moved:
                moved[name] -= self.lr * grads[name]
            return moved

    class AdaGrad(solution.AdaGrad):
        def step(self, params, grads):
            moved = {name: p.copy() for name, p in params.items()}
            for name, g in grads.items():
                if name not in self.s:
                    self.s[name] = np.zeros_like(g)
                self.s[name] += np.square(g)
                moved[name] -= self.lr * g / (np.sqrt(self.s[name]) + self.eps)
            return moved

    class RMSprop(solution.RMSprop):
        def step(self, params, grads):
            moved = dict(params)
            for name, g in grads.items():
                s = self.s.setdefault(name, np.zeros_like(g))
                s *= self.beta
                s += (1 - self.beta) * g**2
                moved[name] = moved[name] - self.lr / (s**0.5 + self.eps) * g
            return moved

    class AdamW(solution.AdamW):
        def step(self, params, grads):
            if self.t == 0:
                self.m = {name: np.zeros_like(p) for name, p in params.items()}
                self.v = {name: np.zeros_like(p) for name, p in params.items()}
            self.t += 1
            moved = {}
            for name, p in params.items():
                g = grads[name]
                self.m[name] *= self.beta1
                self.m[name] += (1 - self.beta1) * g
                self.v[name] *= self.beta2
                self.v[name] += (1 - self.beta2) * g * g
                moved[name] = p * (1 - self.lr * self.weight_decay)
                denominator = np.sqrt(self.v[name] / (1 - self.beta2**self.t)) + self.eps
                moved[name] -= self.lr * self.m[name] / (1 - self.beta1**self.t) / denominator
            return moved


@variant()
class other_algebra:
    """Velocity with the rate inside, corrections as running products, cosine by half angle"""

    class Momentum(solution.Momentum):
        def step(self, params, grads):
            for name, g in grads.items():
                self.v[name] = self.momentum * self.v.get(name, 0.0) - self.lr * g
            return {name: p + self.v[name] for name, p in params.items()}

    class Adam(solution.Adam):
        def __init__(self, lr, beta1=0.9, beta2=0.999, eps=1e-8):
            super().__init__(lr, beta1, beta2, eps)
            self.left1 = self.left2 = 1.0

        def step(self, params, grads):
            self.left1 *= self.beta1
            self.left2 *= self.beta2
            root = math.sqrt(1 - self.left2)
            rate = self.lr * root / (1 - self.left1)
            moved = {}
            for name, p in params.items():
                g = grads[name]
                m = self.m[name] = g + self.beta1 * (self.m.get(name, 0.0) - g)
                v = self.v[name] = g**2 + self.beta2 * (self.v.get(name, 0.0) - g**2)
                moved[name] = p - rate * m / (np.sqrt(np.maximum(v, 0.0)) + self.eps * root)
            return moved

    def cosine_schedule(step, peak_lr, warmup_steps, total_steps, min_lr=0.0):
        if warmup_steps and step <= warmup_steps:
            return step / warmup_steps * peak_lr
        if step >= total_steps:
            return float(min_lr)
        quarter = math.pi / 2 * (step - warmup_steps) / (total_steps - warmup_steps)
        return min_lr * math.sin(quarter) ** 2 + peak_lr * math.cos(quarter) ** 2


@variant()
class whole_history_kept:
    """Keeps every gradient and computes sums and averages anew, weights written out"""

    class AdaGrad(solution.AdaGrad):
        def __init__(self, lr, eps=1e-8):
            super().__init__(lr, eps)
            self.seen = []

        def step(self, params, grads):
            self.seen.append({name: g.copy() for name, g in grads.items()})
            return {
                name: p
                - self.lr
                * grads[name]
                / (np.linalg.norm([old[name] for old in self.seen], axis=0) + self.eps)
                for name, p in params.items()
            }

    class Adam(solution.Adam):
        def __init__(self, lr, beta1=0.9, beta2=0.999, eps=1e-8):
            super().__init__(lr, beta1, beta2, eps)
            self.seen = []

        def step(self, params, grads):
            self.seen.append({name: g.copy() for name, g in grads.items()})
            age = np.arange(len(self.seen))[::-1]
            w1, w2 = self.beta1**age, self.beta2**age
            moved = {}
            for name, p in params.items():
                past = np.stack([old[name] for old in self.seen])
                m_hat = np.tensordot(w1 / w1.sum(), past, axes=1)
                v_hat = np.tensordot(w2 / w2.sum(), past**2, axes=1)
                moved[name] = p - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
            return moved


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    class SGD(solution.SGD):
        def step(self, params, grads):
            return super().step(_single(params), _single(grads))

    class Momentum(solution.Momentum):
        def step(self, params, grads):
            return super().step(_single(params), _single(grads))

    class RMSprop(solution.RMSprop):
        def step(self, params, grads):
            return super().step(_single(params), _single(grads))

    class Adam(solution.Adam):
        def step(self, params, grads):
            return super().step(_single(params), _single(grads))


def _single(arrays):
    return {name: array.astype(np.float32) for name, array in arrays.items()}


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""


@variant(backend="torch")
class torch_in_place_on_clones:
    """Tensors updated with add_, mul_, addcmul_ and addcdiv_, as torch's own loops do"""

    class Momentum(solution.Momentum):
        def step(self, params, grads):
            for name, g in grads.items():
                if name in self.v:
                    self.v[name].mul_(self.momentum).add_(g)
                else:
                    self.v[name] = g.clone()
            return {name: p.add(self.v[name], alpha=-self.lr) for name, p in params.items()}

    class Adam(solution.Adam):
        def step(self, params, grads):
            import torch

            self.t += 1
            moved = {name: p.clone() for name, p in params.items()}
            for name, p in moved.items():
                m = self.m.setdefault(name, torch.zeros_like(p))
                v = self.v.setdefault(name, torch.zeros_like(p))
                m.lerp_(grads[name], 1 - self.beta1)
                v.mul_(self.beta2).addcmul_(grads[name], grads[name], value=1 - self.beta2)
                root = v.sqrt().div_(math.sqrt(1 - self.beta2**self.t)).add_(self.eps)
                p.addcdiv_(m, root, value=-self.lr / (1 - self.beta1**self.t))
            return moved
