"""The recurrent layers of frameworks, a page each, and their weights.

A page in this folder holds the equations of a layer as the framework computes them, and two sections more:

    ## Arrays                                            how the framework's arrays are made of the page's parameters

        layers: {k}                                      what stands for {layer}: here 0, 1, ...; after | in two directions
        directions: none, _reverse                       what stands for {direction} where there are two; nothing where there is one
        weight_ih_l{layer}{direction} = [W_i; W_f]       blocks of rows; [W, U] are blocks of columns, ^T is the transposed matrix
        bias_ih_l{layer}{direction} = [b_i; b_f] if bias      there if the attribute is True

    ## Attributes                                        what the framework lets one choose

        bias: True, False                                what is modelled; the first is the default
        nonlinearity: tanh, relu                         if the page defines a function of that name: what it may be
        clip: none = identity, a number = min(a, number)     if it does: what that function is, of a positive number too
        dropout: 0; why another value is refused
        batch_first: any                                 without influence on the weights

All else is refused. A new layer is a new page.
"""
