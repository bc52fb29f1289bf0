import numpy as np


class CharRNN:
    """After min-char-rnn, as a class. Vectors are columns."""

    def __init__(self, vocab, hidden, rng):
        self.Wxh = rng.standard_normal((hidden, vocab)) * 0.5
        self.Whh = rng.standard_normal((hidden, hidden)) * 0.5
        self.Why = rng.standard_normal((vocab, hidden)) * 0.5
        self.bh = np.zeros((hidden, 1))
        self.by = np.zeros((vocab, 1))

    def forward(self, x, target):
        h, y, p = {}, {}, {}
        h[-1] = np.zeros_like(self.bh)
        loss = 0.0
        for t in range(len(x)):
            h[t] = np.tanh(self.Wxh @ x[t] + self.Whh @ h[t - 1] + self.bh)
            y[t] = self.Why @ h[t] + self.by
            e = np.exp(y[t] - y[t].max())
            p[t] = e / e.sum()
            loss -= np.sum(target[t] * np.log(p[t]))
        return loss, h, y, p

    def backward(self, x, target, h, p):
        dWxh = np.zeros_like(self.Wxh)
        dWhh = np.zeros_like(self.Whh)
        dWhy = np.zeros_like(self.Why)
        dbh = np.zeros_like(self.bh)
        dby = np.zeros_like(self.by)
        dhnext = np.zeros_like(self.bh)
        for t in reversed(range(len(x))):
            dy = p[t] - target[t]
            dWhy += dy @ h[t].T
            dby += dy
            dh = self.Why.T @ dy + dhnext
            dhraw = (1 - h[t] ** 2) * dh
            dbh += dhraw
            dWxh += dhraw @ x[t].T
            dWhh += dhraw @ h[t - 1].T
            dhnext = np.dot(self.Whh, dhraw)
        return dWxh, dWhh, dWhy, dbh, dby
