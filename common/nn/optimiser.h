/* The description of an optimiser, in the terms of torch.optim. backend.h has the arithmetic. */
#ifndef MM_NN_OPTIMISER_H
#define MM_NN_OPTIMISER_H

typedef enum mm_update_rule {
    MM_ADAM,  /* Adam (Kingma, Ba 2015) with weight decay as L2 in the gradient */
    MM_ADAMW, /* Adam with decoupled weight decay (Loshchilov, Hutter 2019) */
    MM_SGD    /* gradient descent with momentum and weight decay as L2 in the gradient */
} mm_update_rule;

/* All 0: Adam with the usual parameters. */
typedef struct mm_optimiser {
    mm_update_rule rule;
    double b1, b2, epsilon; /* MM_ADAM, MM_ADAMW; epsilon 0: 0.9, 0.999, 1e-8 */
    double momentum;        /* MM_SGD */
    double clip;            /* largest global norm of the gradients; 0: they stay as they are */
    double ema;             /* share of the running average of all weights that a step keeps; 0: there is no average */
} mm_optimiser;

#endif
