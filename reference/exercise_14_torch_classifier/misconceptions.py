"""Wrong implementations that students really write, each with the check that must catch it."""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from grader.spec import misconception, solution


def _descend(model, learning_rate):
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= learning_rate * parameter.grad


def _batches(x, batch_size, generator):
    return torch.from_numpy(generator.permutation(len(x))).split(batch_size)


@misconception(
    caught_by="model_scores",
    explanation="""
    The scores are those of two linear layers with nothing between them: the ReLU is missing. Two
    linear layers in a row are one linear layer, since a matrix times a matrix is a matrix again,
    so the hidden units add nothing and the model can separate classes by straight boundaries
    only. Nothing else gives it away. The parameters have the right names and shapes, the loss
    goes down, and on the digits the accuracy is still above 0.9, because they are nearly separable
    by straight lines. Where several parts are chained, an activation is a part of its own, with no
    parameters. Print the model and read the list of its parts.
    """,
    source="Goodfellow et al. (2016), section 6.1: stacked linear maps stay linear; derived",
)
class forgets_the_activation:
    """build_model puts no ReLU between the two linear layers"""

    def build_model(n_features, n_hidden, n_classes, dropout=0.0):
        first, _, drop, last = solution.build_model(n_features, n_hidden, n_classes, dropout)
        return nn.Sequential(first, nn.Identity(), drop, last)


@misconception(
    caught_by="model_scores",
    explanation="""
    No score is ever negative: a ReLU follows the last layer as well. Activations belong between
    layers, so that the next layer gets something that is not linear. What follows the last layer
    here is the softmax of the loss, which takes scores of either sign. With a ReLU in front of it,
    every score below zero counts as zero. The probability of a wrong class then cannot fall below
    a certain size, and an example whose scores are all negative sends no gradient at all. Training
    gets slower and sometimes stops without an error. It is easy to write, since each layer before
    was followed by an activation; the last one is the exception.
    """,
    source="PyTorch forums: ReLU on the output layer before cross_entropy; derived",
)
class puts_a_relu_on_the_scores:
    """build_model ends with a ReLU"""

    def build_model(n_features, n_hidden, n_classes, dropout=0.0):
        right = solution.build_model(n_features, n_hidden, n_classes, dropout)
        return right.append(nn.ReLU())


@misconception(
    caught_by="model_scores",
    explanation="""
    The outputs lie between 0 and 1 and each row adds up to 1: the model returns probabilities, so
    it ends with a softmax. The README asks for scores, because the cross-entropy of PyTorch takes
    scores and has the softmax inside. With both, the softmax is applied twice. Probabilities are
    never more than 1 apart, so after the second softmax no class of ten can get more than about
    0.23, the loss cannot fall below 1.46, and gradients are small. The accuracy still rises, since
    a softmax does not change which entry is the largest. That is why this mistake lives long: the
    predictions look right while the loss stays high.
    """,
    source="PyTorch documentation of CrossEntropyLoss: unnormalised logits; measured: 1.4612",
)
class ends_the_model_with_a_softmax:
    """build_model returns probabilities where scores are asked for"""

    def build_model(n_features, n_hidden, n_classes, dropout=0.0):
        right = solution.build_model(n_features, n_hidden, n_classes, dropout)
        return right.append(nn.Softmax(dim=1))


@misconception(
    caught_by="model_dropout",
    explanation="""
    In training mode the pixels are dropped and the hidden units are not: dropout stands in front
    of the first layer. Both places occur in the literature, and both fight overfitting, but they
    do different things. On the input, the model learns to read images with holes in them; on the
    hidden layer, it learns not to rely on any single unit. The README asks for the second. In eval
    mode the two cannot be told apart, and a check that looks at predictions never sees it. With
    `dropout=1.0` they differ clearly: here the scores in training mode have to be the last bias
    alone, because nothing is left to be multiplied by the last weights.
    """,
    source="Srivastava et al. (2014), appendix A.4, drop inputs and hidden units; derived",
)
class drops_pixels_in_place_of_hidden_units:
    """build_model puts dropout before the first layer"""

    def build_model(n_features, n_hidden, n_classes, dropout=0.0):
        first, _, drop, last = solution.build_model(n_features, n_hidden, n_classes, dropout)

        class Net(nn.Sequential):
            def forward(self, x):
                return last(torch.relu(first(drop(x))))

        return Net(first, nn.ReLU(), drop, last)


@misconception(
    caught_by="model_dropout",
    explanation="""
    With `dropout=1.0` nothing was dropped at all: the number was taken for the probability of
    keeping a unit. Here, as in exercise 12 and in PyTorch, it is the probability of dropping one.
    The older convention comes from the first papers and from early TensorFlow, so code that is
    copied from there turns 0.2, a mild disturbance, into the loss of four units out of five. At
    one half the two conventions agree, and that is the value in most examples, which hides the
    mistake. Training still works, only worse, and eval mode is not affected. Look at what you
    hand to the dropout layer.
    """,
    source="rasbt/LLMs-from-scratch#431; Srivastava et al. (2014) give the probability of keeping",
)
class passes_the_probability_of_keeping:
    """build_model hands 1 - dropout to the dropout layer"""

    def build_model(n_features, n_hidden, n_classes, dropout=0.0):
        return solution.build_model(n_features, n_hidden, n_classes, 1 - dropout if dropout else 0)


@misconception(
    caught_by="model_dropout",
    explanation="""
    Units are dropped in eval mode too, so the model gives random or damaged scores when it is only
    used. The layer `nn.Dropout` looks at the mode of the model by itself. The function
    `functional.dropout` cannot: it belongs to no module, and its argument `training` is True
    unless it is told otherwise. A forward written with the function therefore drops for ever, and
    `model.eval()` changes nothing about it. Training runs as it should, so what one notices is a
    test accuracy that is a little too low, and a different one every time. If two evaluations of
    the same model disagree, look for exactly this.
    """,
    source="PyTorch documentation: functional.dropout has training=True; forum classic",
)
class drops_in_eval_mode_too:
    """build_model uses a dropout that does not know the mode"""

    def build_model(n_features, n_hidden, n_classes, dropout=0.0):
        parts = solution.build_model(n_features, n_hidden, n_classes, dropout)

        class Net(nn.Sequential):
            def forward(self, x):
                hidden = functional.dropout(torch.relu(self[0](x)), dropout)
                return self[3](hidden)

        return Net(*parts)


@misconception(
    caught_by="fit_learns_ten_digits",
    explanation="""
    Given parameters, everything is right; but a new model does not learn. All its parameters are
    zero at the start. Then every hidden unit computes the same number, zero, for every image, and
    the gradient of the last weights is a product with that zero. The first layer gets its gradient
    through the last weights, which are zero as well. Only the last bias can move, and a bias gives
    the same scores to all images. Zero is a good start for linear and logistic regression, where
    nothing has to be told apart, which is why it seems harmless. The layers of PyTorch come with
    small random numbers of their own; they may stay as they are.
    """,
    source="Goodfellow et al. (2016), section 8.4: initial parameters must break symmetry",
)
class starts_every_parameter_at_zero:
    """build_model sets all weights and biases to zero"""

    def build_model(n_features, n_hidden, n_classes, dropout=0.0):
        model = solution.build_model(n_features, n_hidden, n_classes, dropout)
        for parameter in model.parameters():
            nn.init.zeros_(parameter)
        return model


@misconception(
    caught_by="counts",
    explanation="""
    The count does not change when a layer is frozen: every parameter was counted, whether training
    may change it or not. For a new model there is no difference, because parameters start with
    `requires_grad` set to True, and most models are never frozen. It matters as soon as a large
    trained model is given a new last layer and only that layer is trained: then the two counts may
    differ by a factor of a thousand, and the number of trainable ones is what memory and time for
    the gradients depend on. Ask each parameter whether it takes part before you add its size.
    """,
    source="PyTorch forums: “total” and “trainable” parameters confused; derived",
)
class counts_frozen_parameters:
    """count_parameters adds parameters that training does not change"""

    def count_parameters(model):
        return sum(parameter.numel() for parameter in model.parameters())


@misconception(
    caught_by="counts",
    explanation="""
    The answer is 4 for a model with two layers, whatever their sizes: the tensors were counted,
    and not the numbers in them. A linear layer has two parameters in the words of PyTorch, a
    weight and a bias, and each of them is one tensor. When people say that a model has so many
    parameters, they mean the entries: a layer from 64 inputs to 32 units has 64 · 32 weights and
    32 biases, which makes 2080. The length of the list of parameters, or a sum in which each one
    counts as 1, says nothing about how large the model is. Every tensor can tell how many entries
    it has.
    """,
    source="Derived: len(list(model.parameters()))",
)
class counts_tensors:
    """count_parameters counts tensors, not the numbers in them"""

    def count_parameters(model):
        return len([parameter for parameter in model.parameters() if parameter.requires_grad])


@misconception(
    caught_by="counts",
    explanation="""
    The count is too small by the number of hidden units and classes: the biases were left out.
    This happens when only the matrices are looked at, or when the count is worked out by
    multiplying the sizes of neighbouring layers, as one does on paper. Compared with the weights
    the biases are few, so the result looks plausible, and in a large model nobody would see the
    difference. But a bias is learnt like any weight, has a gradient, and is stored in the file of
    the model. Do not choose by name or by the number of axes; go through everything that the
    model lists as its parameters.
    """,
    source="Derived from counts on paper, in × out; compare Karpathy, “yes you should …” (2016)",
)
class counts_weights_only:
    """count_parameters leaves out the biases"""

    def count_parameters(model):
        trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
        return sum(parameter.numel() for parameter in trainable if parameter.ndim > 1)


@misconception(
    caught_by="counts",
    explanation="""
    The count goes through `state_dict()`, which is the list of what is stored in a file, and not
    the list of what is learnt. For a plain model of linear layers the two agree. They differ in
    three ways. Frozen parameters are stored as well. Arrays that are no parameters are stored too,
    such as the running averages of batch normalisation (exercise 11), which PyTorch calls buffers.
    And a layer that stands in two places is stored under two names, though there is only one array
    to learn. The method `parameters()` leaves out the buffers, gives a shared parameter once, and
    lets you ask each one whether it is trained.
    """,
    source="Derived: state_dict() holds buffers and both names of a shared tensor",
)
class counts_what_is_stored:
    """count_parameters adds up the entries of state_dict()"""

    def count_parameters(model):
        return sum(tensor.numel() for tensor in model.state_dict().values())


@misconception(
    caught_by="train_step_values",
    explanation="""
    The first step is right and the second is not: it goes along the sum of the first and the
    second gradient. PyTorch adds each new gradient to what is already in `.grad`. That is useful
    where one value is used in several places, but it means that old gradients stay until somebody
    clears them. Without that, every step contains all gradients since the start, like a momentum
    that never forgets. The loss falls for a while, even faster than it should, then it begins to
    swing and may explode. Testing a single step cannot show it. Clear the gradients of the model
    before each backward pass.
    """,
    source="The most frequent PyTorch mistake in forums: a missing zero_grad()",
)
class keeps_old_gradients:
    """train_step never clears the gradients of the step before"""

    def train_step(model, x, y, learning_rate):
        model.train()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        _descend(model, learning_rate)
        return loss.item()


@misconception(
    caught_by="train_step_values",
    explanation="""
    Every parameter moved by the right amount in the wrong direction: the gradient was added where
    it should be subtracted. A gradient points to where the loss grows. Following it makes the loss
    larger with each step; it climbs to huge numbers or to nan, however small the learning rate is.
    A wrong sign is easily taken for a learning rate that is too large, since the picture is the
    same; but that can be cured by a smaller one, and this cannot. The loss that you return is
    computed before the update, so the first one is still right. Look at the sign in the line that
    changes the parameters.
    """,
    source="Derived; compare exercise 02",
)
class climbs_the_gradient:
    """train_step adds the gradient to the parameters"""

    def train_step(model, x, y, learning_rate):
        return solution.train_step(model, x, y, -learning_rate)


@misconception(
    caught_by="train_step_values",
    explanation="""
    The loss is N times what is asked, and so is the step: the losses of the batch were added, not
    averaged. Both occur in PyTorch, where they differ by one word, the argument `reduction`, and a
    loss that is written out by hand often ends in a sum. With a sum the length of a step grows
    with the batch. A learning rate that works for 8 examples explodes for 256, the short batch at
    the end of an epoch makes shorter steps than all others, and losses of different batches cannot
    be compared. The README asks for the mean; divide by the number of rows, once.
    """,
    source="aprender#2182: sum and mean confused, batch× gradient",
)
class sums_the_loss_over_the_batch:
    """train_step uses the sum of the losses of the batch"""

    def train_step(model, x, y, learning_rate):
        model.train()
        model.zero_grad()
        loss = functional.cross_entropy(model(x), y, reduction="sum")
        loss.backward()
        _descend(model, learning_rate)
        return loss.item()


@misconception(
    caught_by="train_step_values",
    explanation="""
    The parameters are right after every step; the loss is that of the model after the update. It
    was computed twice, once for the gradient and once more for the answer. On a batch that has
    just been learnt from, the second one is nearly always smaller, so the curve of the training
    looks better than it is, and every step costs an extra forward pass. The README asks for the
    loss that the gradient was taken of: the model's answer to examples before it has learnt from
    them. Keep the number from the forward pass that you need anyway, and return it after the
    update.
    """,
    source="Derived from training loops that evaluate the batch again for logging",
)
class returns_the_loss_after_the_update:
    """train_step computes the loss it returns with the new parameters"""

    def train_step(model, x, y, learning_rate):
        solution.train_step(model, x, y, learning_rate)
        with torch.no_grad():
            return functional.cross_entropy(model(x), y).item()


@misconception(
    caught_by="train_step_values",
    explanation="""
    The loss is right, and the model that was handed in has not changed: the step was made on a
    copy, or the new values were given to names that nobody looks at again. In exercise 09 an
    update returned new arrays and left the old ones alone. Here it is the other way round: a
    module keeps its parameters, and training means changing them in place. Writing
    `p = p - step` in a loop makes a new tensor and binds the name `p` to it; the module still
    holds the old one. Nothing complains, and the loss stays the same from epoch to epoch. Change
    the tensors that the model holds.
    """,
    source="PyTorch forums: rebinding p in a loop over parameters(); derived",
)
class trains_a_copy:
    """train_step leaves the model that it was handed as it is"""

    def train_step(model, x, y, learning_rate):
        loss = solution.train_step(copy.deepcopy(model), x, y, learning_rate)
        model.train()
        return loss


@misconception(
    caught_by="train_step_values",
    explanation="""
    The step has the right direction and is N times too short: the gradient was divided by the
    batch size although the loss is a mean already. The mean is taken once, inside the loss, and
    its gradient carries the factor 1/N with it. Dividing again makes the learning rate smaller
    than what was asked for, by a factor that depends on the batch. Training still goes down, only
    slowly, and a larger learning rate makes up for it, so the mistake is seldom found. With a
    batch of one there is no difference. Update with the learning rate times the gradient that
    autograd gives, and nothing else.
    """,
    source="CS231n forum threads on double averaging; derived",
)
class divides_by_the_batch_size_again:
    """train_step divides the learning rate by the number of examples"""

    def train_step(model, x, y, learning_rate):
        return solution.train_step(model, x, y, learning_rate / len(x))


@misconception(
    caught_by="train_step_values",
    explanation="""
    The loss is too flat: it is what comes out when the scores go through a softmax first and then
    through `cross_entropy`, which applies a softmax of its own. The second one gets numbers from 0
    to 1 where it expects scores, so it can never be sure of anything. With ten classes the loss
    stays above 1.46 even for a perfect model. All gradients are scaled down, and they nearly
    vanish where the model is certain. It feels natural, as the formula of the cross-entropy has
    probabilities in it, and no error is raised. Hand the scores to the loss as the model gives
    them.
    """,
    source="PyTorch documentation of CrossEntropyLoss: unnormalised logits; forum classic",
)
class applies_softmax_before_the_loss:
    """train_step and evaluate hand probabilities to cross_entropy"""

    def train_step(model, x, y, learning_rate):
        model.train()
        model.zero_grad()
        loss = functional.cross_entropy(functional.softmax(model(x), dim=1), y)
        loss.backward()
        _descend(model, learning_rate)
        return loss.item()

    def evaluate(model, x, y):
        _, accuracy = solution.evaluate(model, x, y)
        was_training = model.training
        model.eval()
        with torch.no_grad():
            loss = functional.cross_entropy(functional.softmax(model(x), dim=1), y)
        model.train(was_training)
        return loss.item(), accuracy


@misconception(
    caught_by="train_step_modes",
    explanation="""
    The model was in eval mode before the step, and the step was made in eval mode: nothing was
    dropped, and the mode is still the old one. A new model is in training mode, so a first
    training works without a word about modes. But as soon as it is measured in between, say after
    each epoch, and the measuring leaves it in eval mode, all further training runs without
    dropout. There is no error; the model only overfits more than it should. A step of training is
    training whatever happened before it, so it sets the mode itself. One line at the beginning is
    enough.
    """,
    source="PyTorch forums: model.train() outside the loop, model.eval() inside; derived",
)
class trains_in_the_mode_it_finds:
    """train_step does not switch to training mode"""

    def train_step(model, x, y, learning_rate):
        model.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        _descend(model, learning_rate)
        return loss.item()


@misconception(
    caught_by="evaluate_mode",
    explanation="""
    The model was measured in the mode it was in, and that was training mode: hidden units were
    dropped while it was being judged. With a moderate dropout the numbers are then a little too
    low and change from call to call; in the case shown here everything is dropped, so that all
    images get the same scores. Switching off the recording of gradients does not help: that is
    about memory, and the mode is about what dropout and batch normalisation do. The two are often
    taken for one another, because they stand side by side in most programs. A measurement needs
    the eval mode; it has to be switched on by name.
    """,
    source="PyTorch documentation, “Locally disabling gradient computation”: eval mode is separate",
)
class evaluates_in_training_mode:
    """evaluate does not switch dropout off"""

    def evaluate(model, x, y):
        with torch.no_grad():
            scores = model(x)
        accuracy = (scores.argmax(dim=1) == y).double().mean()
        return functional.cross_entropy(scores, y).item(), accuracy.item()


@misconception(
    caught_by="evaluate_mode",
    explanation="""
    The two numbers are right, but a model that was in training mode is in eval mode afterwards.
    Whoever measures in the middle of a training, as one does to draw a curve, goes on without
    dropout from the first measurement on, and batch normalisation stops updating its averages. No
    error is raised, and the loss even looks better than before. A function that measures should
    not change what it measures, and the mode is part of that. Look at which mode the model is in
    before you change it, and put it back at the end.
    """,
    source="PyTorch forums: model.eval() once, never undone; derived",
)
class leaves_the_model_in_eval_mode:
    """evaluate switches to eval mode and does not switch back"""

    def evaluate(model, x, y):
        result = solution.evaluate(model, x, y)
        model.eval()
        return result


@misconception(
    caught_by="evaluate_mode",
    explanation="""
    The model was in eval mode before the call and is in training mode after it: `evaluate` ends by
    switching to training mode in every case. That fits a call in the middle of a training, for
    which it was written. But a model that is done, and is in eval mode for good, is now one that
    drops units again when somebody uses it next. Its answers become random, far from the line that
    caused it. Restoring a state means going back to what it was, not to what it usually is.
    Remember the mode at the start: the module has an attribute that tells.
    """,
    source="Seen in training templates: eval() … train(); derived",
)
class always_ends_in_training_mode:
    """evaluate switches to training mode at the end, whatever the mode was"""

    def evaluate(model, x, y):
        result = solution.evaluate(model, x, y)
        model.train()
        return result


@misconception(
    caught_by="evaluate_values",
    explanation="""
    The second number is the count of right answers, where a share from 0 to 1 is asked for. The
    loss next to it is a mean, so one of the two grows with the number of examples and the other
    does not. A count is what one adds up over batches, and in such a loop the division at the end
    is what gets forgotten. For a single example both are the same, and on a test set of a hundred
    the count can be mistaken for a percentage. An accuracy has to be comparable between a small
    set and a large one; divide by the number of examples.
    """,
    source="Derived from loops that do correct += … and never divide",
)
class counts_the_right_answers:
    """evaluate returns how many answers are right, not their share"""

    def evaluate(model, x, y):
        loss, accuracy = solution.evaluate(model, x, y)
        return loss, accuracy * len(y)


@misconception(
    caught_by="fit_values",
    explanation="""
    The examples that are left over at the end of an epoch were not used: seven examples in batches
    of three made two steps, where three are asked for. It comes from dividing with `//`, from a
    range that stops early, or from a loader that was told to drop the last batch. With large data
    the loss of a few examples seems harmless, and as the order is new in each epoch, others are
    left out the next time. But if there are fewer examples than a batch holds, nothing is trained
    at all. The last batch may be shorter; it is kept, and its mean is over the examples that it
    has.
    """,
    source="DataLoader's drop_last; compare exercise 02; derived",
)
class drops_the_last_batch:
    """fit makes no step for a last batch that is shorter than the others"""

    def fit(model, x, y, learning_rate, batch_size, epochs, generator):
        losses = []
        for _ in range(epochs):
            total = used = 0
            for batch in _batches(x, batch_size, generator):
                if len(batch) == batch_size:
                    loss = solution.train_step(model, x[batch], y[batch], learning_rate)
                    total, used = total + len(batch) * loss, used + len(batch)
            losses.append(total / max(used, 1))
        return losses


@misconception(
    caught_by="fit_values",
    explanation="""
    The parameters are right; each loss is that of the last batch of its epoch alone. The variable
    that held the loss was overwritten in every step and read after the loop. A single batch,
    perhaps with only one example in it, says little about an epoch. Such a curve jumps up and
    down, and because the last batch is also the one that was learnt from last, it lies below the
    true mean as long as the model improves. Many programs print exactly this number as a sign of
    life, and there it does no harm. Here the loss of an epoch is asked for, so every batch has to
    contribute to it.
    """,
    source="Common in tutorials: print(loss.item()) after the inner loop; derived",
)
class reports_the_last_batch:
    """fit returns the loss of the last batch of every epoch"""

    def fit(model, x, y, learning_rate, batch_size, epochs, generator):
        losses = []
        for _ in range(epochs):
            for batch in _batches(x, batch_size, generator):
                loss = solution.train_step(model, x[batch], y[batch], learning_rate)
            losses.append(loss)
        return losses


@misconception(
    caught_by="fit_values",
    explanation="""
    The parameters are right; the loss of an epoch is the plain mean of the losses of its batches.
    Where all batches have the same size, that is the mean over the examples. A shorter last batch
    breaks it: with seven examples in batches of three, the one example in the last batch counts as
    much as three others together. The difference is small for large data, which is why dividing by
    the number of batches is so common. The README asks for the mean over examples. Give each
    batch's loss the weight of its size before adding, and divide by the number of examples at the
    end.
    """,
    source="Common in tutorials: running_loss / len(loader); compare “mean of batch means”",
)
class averages_batches_of_unequal_size:
    """fit returns the unweighted mean of the losses of the batches"""

    def fit(model, x, y, learning_rate, batch_size, epochs, generator):
        losses = []
        for _ in range(epochs):
            batches = _batches(x, batch_size, generator)
            steps = [solution.train_step(model, x[b], y[b], learning_rate) for b in batches]
            losses.append(float(np.mean(steps)))
        return losses


@misconception(
    caught_by="fit_values",
    explanation="""
    The batches were taken in the order in which the examples lie there; the permutation was not
    drawn, or drawn and not used. On data that is mixed already, one hardly notices. But data is
    often sorted, by class or by who wrote it. Then each batch holds a single class, every step
    pulls the model towards that class, and the next one pulls it back. Besides, the same examples
    meet in a batch every time, so the errors of their gradients never average out. An epoch starts
    with a new permutation, and both the inputs and the labels are picked by it.
    """,
    source="Bottou (2012), “Stochastic gradient descent tricks”: shuffle; derived",
)
class never_shuffles:
    """fit goes through the examples in the order they have"""

    def fit(model, x, y, learning_rate, batch_size, epochs, generator):
        class Still:
            def permutation(self, n):
                return np.arange(n)

        return solution.fit(model, x, y, learning_rate, batch_size, epochs, Still())


@misconception(
    caught_by="fit_values",
    explanation="""
    The first epoch is right and the following ones are not: they go through the examples in the
    order of the first. One permutation was drawn, before the loop over epochs, and used for all of
    them. It looks like shuffling and costs less, and for one epoch it is the same thing. But now
    the same examples share a batch in every epoch, and the last batch is always the same few. A
    new order each time gives new mixtures, so that the errors of single batches average out over
    the epochs. Draw inside the loop over epochs, once for each.
    """,
    source="Derived; compare exercise 02's drawing order",
)
class shuffles_only_once:
    """fit draws one permutation and keeps it for all epochs"""

    def fit(model, x, y, learning_rate, batch_size, epochs, generator):
        order = generator.permutation(len(x))

        class Same:
            def permutation(self, n):
                return order

        return solution.fit(model, x, y, learning_rate, batch_size, epochs, Same())


@misconception(
    caught_by="fit_values",
    explanation="""
    Images and labels come apart: the images were shuffled, and the labels were taken in their old
    order or in another one. Each image then meets the label of some other image, and all that is
    left to learn is how frequent the classes are. The loss falls to that level, about 2.3 for ten
    equally frequent digits, and stays there; nothing crashes, because all shapes are right. It is
    one of the mistakes that a loss curve hardly distinguishes from a bad learning rate. Whatever
    order you choose, the same positions have to be picked from both tensors.
    """,
    source="Classic: x shuffled, y not; see Zhang et al. (2017) on training with random labels",
)
class shuffles_images_without_their_labels:
    """fit permutes x and leaves y in its old order"""

    def fit(model, x, y, learning_rate, batch_size, epochs, generator):
        losses = []
        for _ in range(epochs):
            total = 0.0
            mixed = x[torch.from_numpy(generator.permutation(len(x)))]
            for start in range(0, len(x), batch_size):
                images = mixed[start : start + batch_size]
                labels = y[start : start + batch_size]
                total += len(labels) * solution.train_step(model, images, labels, learning_rate)
            losses.append(total / len(x))
        return losses
