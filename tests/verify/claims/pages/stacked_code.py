import numpy as np


class TwoLayerRNN:
    def __init__(self, n_in, n1, n2, seed=0):
        rng = np.random.RandomState(seed)
        self.W = rng.randn(n1, n_in) * 0.5
        self.U = rng.randn(n1, n1) * 0.5
        self.b = np.zeros(n1)
        self.M = rng.randn(n2, n1) * 0.5
        self.N = rng.randn(n2, n2) * 0.5
        self.d = np.zeros(n2)

    def forward(self, x):
        T = len(x)
        h = {-1: np.zeros_like(self.b)}
        s = {-1: np.zeros_like(self.d)}
        for t in range(T):
            h[t] = np.tanh(self.W @ x[t] + self.U @ h[t - 1] + self.b)
            s[t] = np.tanh(self.M @ h[t] + self.N @ s[t - 1] + self.d)
        self.cache = (x, h, s)
        return s

    def backward(self, ds_out):
        """ds_out[t] = derivative of the loss with respect to s[t] from outside the network"""
        x, h, s = self.cache
        dW, dU, db = np.zeros_like(self.W), np.zeros_like(self.U), np.zeros_like(self.b)
        dM, dN, dd = np.zeros_like(self.M), np.zeros_like(self.N), np.zeros_like(self.d)
        dh_next = np.zeros_like(self.b)
        ds_next = np.zeros_like(self.d)
        for t in reversed(range(len(x))):
            # upper layer
            ds = ds_out[t] + ds_next
            da2 = (1 - s[t] ** 2) * ds
            dM = np.outer(da2, h[t])
            dN += np.outer(da2, s[t - 1])
            dd += da2
            ds_next = self.N.T @ da2
            # lower layer
            dh = self.M.T @ da2 + dh_next
            da1 = (1 - h[t] ** 2) * dh
            dW += np.outer(da1, x[t])
            dU += np.outer(da1, h[t - 1])
            db += da1
            dh_next = self.U.T @ da1
        return dW, dU, db, dM, dN, dd
