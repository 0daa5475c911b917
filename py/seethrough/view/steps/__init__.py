"""The nine steps of the walk: each a panel of its own, with the film that performs it.

A step's markup is the whole picture. Its film is told in the same markup: an element enters at the
moment `data-at` (from 0), moving as `data-move` says (appear, rise, fly, sweep, grow; after: when
what flies has arrived), a flight beginning at the element whose id is in `data-from`; `data-until`
is its last moment. `moments` gives the sentence of each moment, in order; web/stage.js performs
them.
"""
