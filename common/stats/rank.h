/* Scores that do not saturate.
 *
 * A probability of 1 - 1e-20 is 1 in double precision, but its complement 1e-20 keeps all digits. Records are therefore ordered by
 * a rank, a number that grows with P and is computed from whichever of P and its complement has the digits:
 *
 *   log P      for P below the normal numbers; minus infinity for 0
 *   P          up to 0.9999
 *   -log(1-P)  above it, which is more than 9; infinity for 1 */
#ifndef MM_STATS_RANK_H
#define MM_STATS_RANK_H

#include <stddef.h>
#include <stdint.h>

/* Returns the rank of a probability p whose complement is q. */
double mm_rank(double p, double q);

/* Return what a rank stands for: the probability, and the log-odds log(P / (1 - P)). */
double mm_rank_probability(double rank);
double mm_rank_log_odds(double rank);

/* Returns the rank that has these log-odds. */
double mm_rank_of_log_odds(double log_odds);

/* Returns the rank of the probability halfway between those of two ranks. */
double mm_rank_halfway(double a, double b);

/* Returns log(exp(a) + exp(b)). */
double mm_log_add(double a, double b);

/* Turns K logits into softmax(logits / temperature) and its natural logarithms, which replace the logits. */
void mm_softmax(double *logits, size_t K, double temperature, double *prob);
/* The same from single precision; log_prob[K] and prob[K] are in double precision. */
void mm_softmax_of(const float *logits, size_t K, double temperature, double *log_prob, double *prob);

/* Computes the rank of a record's P(positive) from prob[K] and their natural logarithms log_prob[K]; positive[K] is 1 for classes that
 * count, and at least one does and one does not. P(positive) is the sum over the positive classes, or 1 - P if exactly one class is
 * negative; of two classes the larger probability is the complement of the smaller. */
double mm_class_rank(const double *prob, const double *log_prob, size_t K, const uint8_t *positive);

#endif
