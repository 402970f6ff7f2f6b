"""Wrong implementations that students really write, each with the check that must catch it."""

import math

import torch
from torch import nn
from torch.nn import functional

from grader.spec import misconception, solution


def _heads(block, x):
    """q, k and v, each (B, H, T, K)."""
    parts = block.qkv(x).chunk(3, dim=-1)
    return [part.unflatten(-1, (block.n_heads, -1)).transpose(1, 2) for part in parts]


def _loss(model, inputs, targets):
    return functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


def _window_losses(model, ids, context):
    """The mean loss of each window, in eval mode; the mode is put back."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        losses = [
            functional.cross_entropy(model(inputs[None])[0], targets).item()
            for inputs, targets in zip(ids[:-1].split(context), ids[1:].split(context), strict=True)
        ]
    model.train(was_training)
    return losses


@misconception(
    caught_by="model_logits",
    explanation="""
    The scores of a position change when a later token changes: the attention looks ahead. In
    training a position is asked for the very next token, which stands one place to its right in
    the same row of inputs. A model that may look there copies it. The loss then falls close to
    zero, faster than for any honest model, and the perplexity on new text is just as wonderful,
    because the measurement hands over the answers too. Only the written text is nonsense, since
    in writing there is nothing to the right. Shapes and speed give nothing away. Look at what your
    attention is told about masks, and which value that argument has if it is left out.
    """,
    source="TinyLLM#18: a prompt read without a mask; TorchCode's causal attention; derived",
)
class lets_positions_look_ahead:
    """The attention has no causal mask"""

    class _Block(solution._Block):
        def attention(self, x):
            heads = functional.scaled_dot_product_attention(*_heads(self, x))
            return self.proj(heads.transpose(1, 2).flatten(2))


@misconception(
    caught_by="model_logits",
    explanation="""
    The outputs lie between 0 and 1 and add up to 1 at each position: the model returns
    probabilities, and the README asks for scores. The cross-entropy of PyTorch has a softmax of
    its own inside, so the softmax now happens twice. Numbers between 0 and 1 are nearly equal as
    scores: with 70 characters the second softmax can give none of them more than about 0.04, and
    the loss stays above 3.2 for ever, whatever the model knows. It still falls a little from
    its start, which looks like a model that learns slowly. Writing suffers as well, since
    temperature is meant for scores. Look at the last line of your forward.
    """,
    source="PyTorch documentation of CrossEntropyLoss: unnormalised logits; ln(69 + e) - 1",
)
class ends_the_model_with_a_softmax:
    """The model returns probabilities where scores are asked for"""

    class _LanguageModel(solution._LanguageModel):
        def forward(self, ids):
            return functional.softmax(super().forward(ids), dim=-1)


@misconception(
    caught_by="model_logits",
    explanation="""
    The table of positions is stored and never used. Attention by itself takes a weighted mean over
    tokens, and a mean does not know in which order they came: for the last position, the tokens
    before it are a bag that could be shaken. The causal mask brings a little order back, because
    each position sees a bag of another size, so the model still learns something and its loss looks
    healthy. What it cannot learn well is spelling, where the letter just before matters most. All
    parameters have the right names and shapes, and no error is raised for a parameter without use.
    Compare the first line of your forward with the formula for the first `x`.
    """,
    source="Haviv et al. (2022), models without positions still learn some order; derived",
)
class adds_no_positions:
    """The model embeds tokens and leaves out their positions"""

    class _LanguageModel(solution._LanguageModel):
        def forward(self, ids):
            x = self.token(ids)
            for block in self.blocks:
                x = block(x)
            return functional.linear(self.norm(x), self.token.weight)


@misconception(
    caught_by="model_logits",
    explanation="""
    The norms stand behind the additions: a branch reads `x` as it is, and the sum is normalised.
    That is the order of the first Transformer, which exercise 39 builds, so it is easily taken over
    from there. The README asks for the other one, in which the norm is the first step of the branch
    and nothing touches the path of `x` from the bottom to the top. Both have the same parameters
    and both learn. The older order needs a long and careful warm-up when the model gets deep,
    because every norm on the path rescales the gradient on its way down. Look at what is added to
    what, and where the norm is called.
    """,
    source="Xiong et al. (2020), figure 1; annotated-transformer#92",
)
class normalises_the_sums:
    """Blocks are post-norm: the norm comes after the residual is added"""

    class _Block(solution._Block):
        def forward(self, x):
            x = self.norm1(x + self.dropout(self.attention(x)))
            return self.norm2(x + self.dropout(self.feed_forward(x)))


@misconception(
    caught_by="model_logits",
    explanation="""
    The products of queries and keys are divided by the root of the width of the model, and not by
    that of one head. A product of a query with a key is a sum of K terms, one for each number of a
    head, so its spread grows with the root of K; that is what the division makes up for. With the
    width in its place all scores are too close together, by a factor of the root of H, and the
    attention of every head becomes too even. With a single head there is no difference. Training
    can adapt by making the weights larger, which hides it well. Look at the size in your scale, and
    ask of which array it is the last axis.
    """,
    source="Derived; Vaswani et al. (2017), section 3.2.1: d_k is the size of a key",
)
class divides_by_the_root_of_the_width:
    """Attention scores are divided by √D"""

    class _Block(solution._Block):
        def attention(self, x):
            q, k, v = _heads(self, x)
            scale = 1 / math.sqrt(x.shape[-1])
            heads = functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)
            return self.proj(heads.transpose(1, 2).flatten(2))


@misconception(
    caught_by="model_logits",
    explanation="""
    The head reads `x` directly; the norm after the last block is left out. In a pre-norm model `x`
    is never normalised on its way: every branch normalises a copy for itself and adds its result,
    so the numbers grow with each block. The last norm brings them to one scale before they are
    compared with the rows of the table. Without it the scores grow with depth, and the model is
    more certain of itself than it should be. It is easily forgotten, since the older Transformer
    has no norm in this place: there each block ends with one. The parameters of this norm exist and
    are loaded, but nobody uses them.
    """,
    source="Radford et al. (2019), section 2.3: an additional norm after the final block",
)
class leaves_out_the_last_norm:
    """The head reads x without the norm after the last block"""

    class _LanguageModel(solution._LanguageModel):
        def forward(self, ids):
            x = self.token(ids) + self.position(torch.arange(ids.shape[1], device=ids.device))
            for block in self.blocks:
                x = block(x)
            return functional.linear(x, self.token.weight)


@misconception(
    caught_by="model_logits",
    explanation="""
    The scores agree to about three digits and no further. The feed-forward network uses the exact
    GELU, with the error function in it, where the README asks for the form with tanh. The two
    curves are never more than 0.0005 apart, so a model trained with one works with the other, and
    no loss will ever show the difference. Published models were trained with one certain form,
    though: GPT-2 with tanh and BERT with the exact one, and a copy that should give the same
    numbers needs the same form. PyTorch's function takes the exact form unless an argument says
    otherwise. Look up its name in the documentation.
    """,
    source="Hendrycks and Gimpel (2016), section 2; gelu and gelu_new confused in ports of GPT-2",
)
class uses_the_exact_gelu:
    """The feed-forward network uses the GELU with the error function"""

    class _Block(solution._Block):
        def feed_forward(self, x):
            return self.down(functional.gelu(self.up(x)))


@misconception(
    caught_by="model_logits",
    explanation="""
    The heads are cut the wrong way: with six numbers and two heads, the first one got the numbers
    0, 2 and 4 where it should get 0, 1 and 2. Whoever splits the last axis into two has to decide
    which of the new axes counts slowly. Heads are blocks of neighbouring numbers, so the axis of
    heads comes first and the numbers of a head second. A model that is trained from scratch with
    the other cut learns just as well, because it never meets anybody else's weights. But given
    parameters mean something else in it, and no shape complains. Print a row of
    numbers 0 to 5 before and after your split.
    """,
    source="onnx#7274 and similar: interleaved against blocked heads; derived",
)
class takes_every_other_number_for_a_head:
    """Heads are cut with a stride and not as blocks of neighbours"""

    class _Block(solution._Block):
        def attention(self, x):
            parts = self.qkv(x).chunk(3, dim=-1)
            q, k, v = (part.unflatten(-1, (-1, self.n_heads)).movedim(-1, 1) for part in parts)
            heads = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.proj(heads.movedim(1, -1).flatten(2))


@misconception(
    caught_by="model_dropout",
    explanation="""
    Numbers are dropped in eval mode too, so the model gives damaged scores when it is only used.
    The module for dropout looks at the mode by itself. The function of the same name belongs to no
    module and cannot know it: its argument `training` is True unless it is told otherwise, and
    `model.eval()` changes nothing about that. Training runs as it should, so what one notices is a
    perplexity that is somewhat too high and differs from call to call, and a text that derails more
    often than it need. If two measurements of one model on one text disagree, look for exactly
    this.
    """,
    source="PyTorch documentation: functional.dropout has training=True; forum classic",
)
class drops_in_eval_mode_too:
    """Dropout does not know the mode"""

    class _Block(solution._Block):
        def forward(self, x):
            p = self.dropout.p
            x = x + functional.dropout(self.attention(self.norm1(x)), p)
            return x + functional.dropout(self.feed_forward(self.norm2(x)), p)


@misconception(
    caught_by="model_dropout",
    explanation="""
    The sum of the two embeddings is dropped as well. Many models do that, GPT-2 among them, so it
    is no mistake in general; but the README names the places of dropout, and there are only the two
    branches of each block. It matters how much is lost: a number that is dropped from a branch can
    still be found in `x`, which goes past the branch untouched, while a number that is dropped from
    the embeddings is gone for all blocks. With `dropout=1.0` this shows best: here the branches add
    nothing and the model should still see the words; yours sees zeros, so that all words get the
    same scores.
    """,
    source="Radford et al. (2018), section 4.1: residual, embedding and attention dropout",
)
class drops_the_embeddings_as_well:
    """Dropout also acts on the sum of token and position"""

    class _LanguageModel(solution._LanguageModel):
        def forward(self, ids):
            x = self.token(ids) + self.position(torch.arange(ids.shape[1], device=ids.device))
            x = functional.dropout(x, self.blocks[0].dropout.p, self.training)
            for block in self.blocks:
                x = block(x)
            return functional.linear(self.norm(x), self.token.weight)


@misconception(
    caught_by="draw_batch_values",
    explanation="""
    Inputs and targets are the same windows. The model is then asked at each position for the token
    that it is reading there, which it can simply repeat; it never learns to look ahead. The loss
    falls to almost nothing within a few steps, and the tied head makes it easier still, because a
    row of the table fits itself best. It looks like a triumph until the model writes: it says one
    letter again and again. The shift by one has to happen in exactly one place of a program. Some
    libraries do it inside the model, which is why it gets lost when code is moved from one to
    another. Here it happens in the batch.
    """,
    source="Targets not shifted; Hugging Face models shift labels inside; derived",
)
class asks_for_the_token_that_is_read:
    """draw_batch returns targets that equal the inputs"""

    def draw_batch(ids, context, batch_size, generator):
        inputs, _ = solution.draw_batch(ids, context, batch_size, generator)
        return inputs, inputs.clone()


@misconception(
    caught_by="draw_batch_values",
    explanation="""
    The last possible window is never drawn. A window of T tokens needs T + 1 tokens of the text, as
    its last target stands behind it. Starting points from 0 to N - T - 1 are all possible, which
    makes N - T of them, and the upper end of `integers` is not included. Somebody who subtracts one
    more to be on the safe side loses the last token of the text: it is never a target. In a text of
    a million characters that does no harm at all, and for that reason nobody ever sees it. It
    changes every random number, though, because the range is another, and a text that holds just
    one window raises an error.
    """,
    source="karpathy/nanoGPT-style get_batch written as len - context - 1; derived",
)
class never_draws_the_last_window:
    """draw_batch draws starting points below N - T - 1"""

    def draw_batch(ids, context, batch_size, generator):
        kept = ids[:-1] if len(ids) > context + 1 else ids
        return solution.draw_batch(kept, context, batch_size, generator)


@misconception(
    caught_by="trainer_steps",
    explanation="""
    The first step is right and the later ones are not: the gradients of earlier batches are still
    there. PyTorch adds each new gradient to what it finds in `.grad`, and stays silent about it.
    Clipping makes it harder to see, because it brings the growing sum back to the same length every
    time, so nothing explodes; only the direction is more and more that of the past. AdamW has a
    memory of its own for that, with a rate at which it forgets. This one never forgets. The loss
    still goes down at first. Clear the gradients in every step, before the backward pass and not
    between it and the update.
    """,
    source="The most frequent PyTorch mistake in forums: a missing zero_grad()",
)
class keeps_old_gradients:
    """Trainer never clears the gradients of the step before"""

    class Trainer(solution.Trainer):
        def step(self, inputs, targets, learning_rate, max_norm):
            self._model.train()
            loss = _loss(self._model, inputs, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(self._model.parameters(), max_norm)
            self._update(learning_rate)
            return loss.item()


@misconception(
    caught_by="trainer_steps",
    explanation="""
    The gradients are clipped entry by entry: everything above the limit is cut down to it. The
    README asks for one factor for all of them, so that the long vector of all gradients gets
    shorter and keeps its direction. Cutting single entries bends it, and here the limit, which was
    meant for the norm, is so far above single entries that few of them are touched. PyTorch has a
    function for each of the two, with names that differ in one word. AdamW divides by the size of
    the gradient anyway, so the first step comes out nearly the same; the difference shows from the
    second step on, when gradients of several batches are mixed.
    """,
    source="clip_grad_value_ for clip_grad_norm_; compare exercise 27",
)
class clips_every_entry_by_itself:
    """Trainer limits each entry of the gradient to ±max_norm"""

    class Trainer(solution.Trainer):
        def step(self, inputs, targets, learning_rate, max_norm):
            self._model.train()
            self._model.zero_grad()
            loss = _loss(self._model, inputs, targets)
            loss.backward()
            nn.utils.clip_grad_value_(self._model.parameters(), max_norm)
            self._update(learning_rate)
            return loss.item()


@misconception(
    caught_by="trainer_steps",
    explanation="""
    The gradients are clipped after the optimizer has used them, which has no effect: the next step
    clears them. Every line that is needed is there, so that reading the program one finds nothing
    missing, and most of the time nothing happens anyway, because the norm is below the limit. What
    is lost is the protection for the one batch in ten thousand whose gradient is huge. With plain
    gradient descent the first step would show it. AdamW divides each gradient by its own size, so
    here the first step looks right and the second one does not, when batches with gradients of
    different lengths meet in its averages. Look at the order of your lines.
    """,
    source="PyTorch forums: clip_grad_norm_ goes between backward() and step(); derived",
)
class clips_after_the_step:
    """Trainer clips the gradients when the optimizer has already used them"""

    class Trainer(solution.Trainer):
        def step(self, inputs, targets, learning_rate, max_norm):
            loss = super().step(inputs, targets, learning_rate, math.inf)
            nn.utils.clip_grad_norm_(self._model.parameters(), max_norm)
            return loss


@misconception(
    caught_by="trainer_steps",
    explanation="""
    The model was in eval mode before the step, and the step was made in eval mode: nothing was
    dropped, and the mode is still the old one. A new model is in training mode, so a first training
    works without a word about modes. But whoever measures or writes a sample every hundred steps,
    and leaves the model in eval mode there, trains the rest without dropout. No error is raised;
    the perplexity on new text just gets worse earlier than it should, and dropout is blamed for not
    helping. A step of training is training whatever happened before it, so it sets the mode itself.
    One line at the beginning is enough.
    """,
    source="PyTorch forums: model.train() outside the loop, model.eval() inside; derived",
)
class trains_in_the_mode_it_finds:
    """Trainer does not switch to training mode"""

    class Trainer(solution.Trainer):
        def step(self, inputs, targets, learning_rate, max_norm):
            self._model.zero_grad()
            loss = _loss(self._model, inputs, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(self._model.parameters(), max_norm)
            self._update(learning_rate)
            return loss.item()


@misconception(
    caught_by="trainer_steps",
    explanation="""
    Scores and losses are right, and the table of tokens moves in a wrong direction: its gradient
    holds only one of two parts. The table is used twice, to look tokens up at the bottom and to
    score them at the top. With a tied head both uses send gradient to it, and autograd adds them
    up, if it may. Here the head works on a copy, on `.data` or on something detached, which has the
    same numbers and no connection. Nothing is said about it. Of the two uses the one at the top
    gets the larger gradient, so most of what the table should learn is lost. Use the parameter
    itself in the head.
    """,
    source="Press and Wolf (2017), section 3; weight tying adds gradients; derived",
)
class ties_the_head_to_a_detached_table:
    """The head uses the numbers of the table and sends no gradient back to it"""

    class _LanguageModel(solution._LanguageModel):
        def forward(self, ids):
            x = self.token(ids) + self.position(torch.arange(ids.shape[1], device=ids.device))
            for block in self.blocks:
                x = block(x)
            return functional.linear(self.norm(x), self.token.weight.detach())


@misconception(
    caught_by="trainer_decay",
    explanation="""
    All parameters decay, the vectors among them: biases, and the scales and shifts of the norms.
    This is what the optimizer does when it is handed all parameters in one list, the way of most
    short examples. A decay holds the entries of a matrix small, so that no single input decides too
    much. A bias multiplies no input. And the scale of a norm belongs near 1, while the
    decay pulls it towards 0. The loss hardly shows it: the vectors are few, and the other
    parameters make up for them. An optimizer takes several groups of parameters, each with settings
    of its own; the number of axes tells a matrix from a vector.
    """,
    source="karpathy/minGPT, configure_optimizers; Loshchilov and Hutter (2019); derived",
)
class decays_every_parameter:
    """Trainer decays biases and norms as well"""

    class Trainer(solution.Trainer):
        def __init__(self, model, weight_decay):
            super().__init__(model, weight_decay)
            for entry in self._entries:
                entry[1] = weight_decay


@misconception(
    caught_by="trainer_decay",
    explanation="""
    The right parameters decay, in the wrong way: the decay goes through the gradient. This is Adam
    with a penalty, in which `weight_decay · p` is added to the gradient before the averages are
    taken. Adam then divides by the size of the gradient, and with it the decay: parameters with
    large gradients hardly shrink, and those with small ones shrink by nearly a full step whatever
    the strength was. In AdamW the W means that the decay is kept apart, so that every parameter
    loses the same share of itself. Both classes of PyTorch have an argument of that name, and with
    a decay of 0 they are one and the same.
    """,
    source="Loshchilov and Hutter (2019), algorithm 2: decoupled weight decay",
)
class sends_the_decay_through_the_gradient:
    """Trainer makes an Adam whose weight decay is part of the gradient"""

    class Trainer(solution.Trainer):
        def _update(self, learning_rate):
            with torch.no_grad():
                for p, decay, _, _ in self._entries:
                    p.grad += decay * p
            kept = self._entries
            self._entries = [[p, 0.0, m, v] for p, _, m, v in kept]
            super()._update(learning_rate)
            self._entries = kept


@misconception(
    caught_by="trainer_decay",
    explanation="""
    The matrices of the blocks decay, and the tables of tokens and positions do not. It
    is a choice that some well-known programs make, because a table only looks rows up and
    multiplies nothing. Here the table of tokens is the head as well, where it does multiply, and
    the README draws the line by the number of axes: two or more decay, fewer do not. In training
    the difference is small. It shows in the table's rows for rare tokens, which nothing
    else holds small. If you went by the type of the module or by names, check which side the two
    tables fell on.
    """,
    source="karpathy/minGPT, configure_optimizers: embeddings in the group without decay",
)
class spares_the_tables:
    """Trainer does not decay the embeddings"""

    class Trainer(solution.Trainer):
        def __init__(self, model, weight_decay):
            super().__init__(model, weight_decay)
            tables = (model.token.weight, model.position.weight)
            for entry in self._entries:
                if any(entry[0] is table for table in tables):
                    entry[1] = 0.0


@misconception(
    caught_by="perplexity_values",
    explanation="""
    Each window got a perplexity of its own, and the answer is their mean. A perplexity is the exp
    of a mean of losses, and the mean has to come first: the exp of a mean is smaller than the mean
    of exps, so your number is too large. One difficult window, with a loss of 8 where others have
    2, then weighs as much as four hundred easy ones. Texts whose windows are all equally hard hide
    it, and so does a text with a single window. Add up the losses of all tokens, divide by how many
    there are, and take the exp once, at the very end.
    """,
    source="Mean of exponentials, measured: 11.4 for 3.32; compare exercise 26",
)
class averages_the_perplexities_of_windows:
    """perplexity takes exp for every window and averages the results"""

    def perplexity(model, ids, context):
        losses = _window_losses(model, ids, context)
        return sum(math.exp(loss) for loss in losses) / len(losses)


@misconception(
    caught_by="perplexity_values",
    explanation="""
    The mean was taken over windows, each with the mean loss of its tokens. Where all windows have
    the same length, that is the mean over the tokens. The last one is shorter here, perhaps only a
    token long, and then this one token counts as much as all those of a full window. In a long text
    nobody notices, because one window among thousands weighs little. With the few windows of a
    short text the number is clearly off, and it changes with the context for no good reason. Give
    each window the weight of its tokens: a sum in the window, and one division by the number of all
    predictions at the end.
    """,
    source="Mean of batch means, measured: 7.39 for 3.32; compare exercise 26",
)
class averages_windows_of_unequal_length:
    """perplexity takes the unweighted mean of the windows' mean losses"""

    def perplexity(model, ids, context):
        losses = _window_losses(model, ids, context)
        return math.exp(sum(losses) / len(losses))


@misconception(
    caught_by="perplexity_values",
    explanation="""
    The shorter window at the end of the text is not measured. It comes from a range that stops when
    no full window is left, or from reshaping the text into rows, which leaves a rest over. In
    training a rest does not matter, since windows are drawn at random. A measurement should answer
    for the whole text, or else two models with different contexts are measured on different
    tokens and cannot be compared. Here the rest is a good part of the text. Your own slices cope
    with a shorter window without further ado; only the last one has fewer inputs, and as many
    targets as inputs.
    """,
    source="Common in evaluation loops: range(0, N - T, T); derived",
)
class drops_the_last_window:
    """perplexity leaves out a last window that is shorter than the others"""

    def perplexity(model, ids, context):
        whole = max((len(ids) - 1) // context * context, min(context, len(ids) - 1))
        return solution.perplexity(model, ids[: whole + 1], context)


@misconception(
    caught_by="perplexity_values",
    explanation="""
    The number is right, but a model that was in training mode is in eval mode afterwards. Whoever
    measures every few hundred steps, to draw a curve, trains without dropout from the first
    measurement on. No error is raised, and the training loss even looks better than before, since
    dropout makes it larger. The damage shows much later, when the perplexity on new text begins to
    rise. A function that measures should not change what it measures, and the mode is part of
    that. Look at which mode the model is in before you change it, and put back what you found.
    """,
    source="PyTorch forums: model.eval() once, never undone; derived",
)
class leaves_the_model_in_eval_mode:
    """perplexity switches to eval mode and does not switch back"""

    def perplexity(model, ids, context):
        result = solution.perplexity(model, ids, context)
        model.eval()
        return result


@misconception(
    caught_by="sample_values",
    explanation="""
    The text is always the same, whatever the temperature is: it is divided by after the softmax, or
    not at all. Dividing probabilities by a number and making them add up to 1 again gives the same
    probabilities back, so such a temperature does nothing. It has to divide the scores, in front of
    the softmax, where it changes the distances between them. At temperature 1 both are the same,
    which is what one tries first, and temperature 0 is a case of its own. Texts differ from call
    to call, so that it takes some statistics, or a fixed random generator, to notice that a
    colder model is not any more careful.
    """,
    source="Temperature after the softmax; compare exercise 31; derived",
)
class divides_probabilities_by_the_temperature:
    """sample applies the temperature after the softmax, where it has no effect"""

    def sample(model, ids, n_new, context, temperature, top_k, generator):
        hot = 1.0 if temperature > 0 else 0.0
        return solution.sample(model, ids, n_new, context, hot, top_k, generator)


@misconception(
    caught_by="sample_values",
    explanation="""
    One token more than asked for may be drawn. It happens where the scores are sorted and a
    position is used as a limit: counted from zero, position k holds the score of the token that is
    already one too many, and comparing with "at least" lets it in. With k = 1 the choice should be
    no choice at all; yours still draws between two. For the usual k of 40 or more the additional
    token has a tiny probability and no text will ever show it. Look at which entry of the sorted
    scores is the last one that you keep, and count the kept ones for a small case.
    """,
    source="k off by one: mesh-transformer#164",
)
class keeps_one_token_too_many:
    """sample draws among the top_k + 1 best tokens"""

    def sample(model, ids, n_new, context, temperature, top_k, generator):
        return solution.sample(model, ids, n_new, context, temperature, top_k + 1, generator)


@misconception(
    caught_by="sample_values",
    explanation="""
    As soon as the text is longer than the context, the model reads its beginning over and over: the
    crop keeps the first tokens and drops the latest. So the scores no longer depend on what was
    just written, and each further token is drawn from one and the same distribution. For a text
    that fits into the context there is no difference, and with a context of a hundred or more, a
    short trial never gets there. Then suddenly, in the middle of a word, the text turns into a soup
    of letters. Cropping is a slice with one number in it; its sign and the side of the colon decide
    which end is kept.
    """,
    source="Derived: text[:context] for text[-context:]",
)
class reads_the_beginning_only:
    """sample crops a long text to its first tokens"""

    def sample(model, ids, n_new, context, temperature, top_k, generator):
        text = ids
        for _ in range(n_new):
            read = text[:context]
            new = solution.sample(model, read, 1, context, temperature, top_k, generator)
            text = torch.cat([text, new])
        return text[len(ids) :]


@misconception(
    caught_by="fit_values",
    explanation="""
    The learning rates are those of one step earlier: steps were counted from zero. The README
    calls the first step 1. Counted from zero, the first step of a warm-up has the learning rate 0,
    so that a whole step is made for nothing; AdamW even fills its averages from it. And the lowest
    rate, at the end of the cosine, is never reached. In a training of thousands of steps all this
    is invisible, and a loop over a range begins at zero by itself. It can be seen at once when the
    rates are printed for a training of four steps. Compare the list with the formula, at both
    ends.
    """,
    source="Compare exercise 09: the first update is step 1; derived",
)
class counts_steps_from_zero:
    """fit gives the first step the learning rate of step 0"""

    def fit(model, ids, context, batch_size, steps, warmup_steps, learning_rate, generator):
        trainer = solution.Trainer(model, 0.1)
        losses = []
        for step in range(steps):
            inputs, targets = solution.draw_batch(ids, context, batch_size, generator)
            rate = learning_rate * solution._share_of_peak(step, warmup_steps, steps)
            losses.append(trainer.step(inputs, targets, rate, 1.0))
        return losses


@misconception(
    caught_by="fit_values",
    explanation="""
    A new optimizer is made for every step. The first step is right, and all later ones behave like
    first steps: AdamW remembers averages of the gradients and of their squares, and a new object
    remembers nothing. Without memory, the gradient divided by its own size leaves only its sign, so
    each parameter moves by the full learning rate in every step, however sure or unsure the
    direction is. The model still learns, rather noisily, and better settings seem to be all it
    needs. It comes from calling the constructor inside the loop. What has a
    memory must be made once, before the loop begins.
    """,
    source="Derived; Balles and Hennig (2018) on Adam as a method of signs",
)
class makes_an_optimizer_for_every_step:
    """fit makes a Trainer inside the loop"""

    def fit(model, ids, context, batch_size, steps, warmup_steps, learning_rate, generator):
        losses = []
        for step in range(1, steps + 1):
            trainer = solution.Trainer(model, 0.1)
            inputs, targets = solution.draw_batch(ids, context, batch_size, generator)
            rate = learning_rate * solution._share_of_peak(step, warmup_steps, steps)
            losses.append(trainer.step(inputs, targets, rate, 1.0))
        return losses


@misconception(
    caught_by="model_learns_a_line",
    explanation="""
    With given parameters everything is right, but a new model starts out far from undecided: its
    perplexity is a multiple of the number of tokens before it has learnt anything. The tables were
    left as `nn.Embedding` makes them, with a spread of 1. Since the head is tied, the rows of that
    table are also the weights of the last layer, and scores become sums of many numbers of order 1:
    random, and very sure of themselves. The first steps are spent on unlearning this. A tied
    table has to start small. With a spread of 0.02 all scores are close to zero, and the loss
    begins at the logarithm of V, as it should.
    """,
    source="karpathy/minGPT: std 0.02; Radford et al. (2018), section 4.1",
)
class starts_with_large_tables:
    """The embeddings keep PyTorch's standard normal start"""

    def build_language_model(n_words, context, width, n_heads, n_layers, dropout=0.0):
        model = solution.build_language_model(n_words, context, width, n_heads, n_layers, dropout)
        nn.init.normal_(model.token.weight)
        nn.init.normal_(model.position.weight)
        return model
