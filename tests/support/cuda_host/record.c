/* Recording for the stand-in for CUDA's runtime: see record.h. */
#include "tests/support/cuda_host/record.h"

#include <stdlib.h>

typedef struct piece {
    void (*run)(void *), (*drop)(void *);
    void *work;
    struct piece *next;
} piece;

typedef struct recording {
    piece *first, **end;
} recording;

static recording *current;
static unsigned long replays;

void mm_host_do(void (*run)(void *), void (*drop)(void *), void *work)
{
    if (!current) {
        run(work);
        drop(work);
        return;
    }
    piece *p = malloc(sizeof *p);
    if (!p)
        abort();
    *p = (piece){run, drop, work, NULL};
    *current->end = p;
    current->end = &p->next;
}

bool mm_host_recording(void) { return current; }
unsigned long mm_host_replays(void) { return replays; }

bool mm_host_begin(void)
{
    if (current || !(current = malloc(sizeof *current)))
        return false;
    current->first = NULL;
    current->end = &current->first;
    return true;
}

void *mm_host_end(void)
{
    recording *r = current;
    current = NULL;
    return r;
}

void mm_host_replay(void *made)
{
    replays++;
    for (piece *p = ((recording *)made)->first; p; p = p->next)
        p->run(p->work);
}

void mm_host_forget(void *made)
{
    recording *r = made;
    while (r && r->first) {
        piece *p = r->first;
        r->first = p->next;
        p->drop(p->work);
        free(p);
    }
    free(r);
}
