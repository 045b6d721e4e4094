/* The door between programs and the plugin that knows MPI: programs run where there is none. */
#ifndef MM_NN_MPI_PLUGIN_H
#define MM_NN_MPI_PLUGIN_H

#include "common/nn/group.h"

#define MM_MPI_PLUGIN_FILE "mmpipe-mpi.so"
#define MM_MPI_PLUGIN_SYMBOL "mm_mpi_join"
#define MM_MPI_PLUGIN_VERSION 2 /* of this header and group.h */

/* Joins the processes that were launched together. Works once in a process. */
typedef int mm_mpi_join_function(int version, mm_group **group, mm_error *error);
__attribute__((visibility("default"))) mm_mpi_join_function mm_mpi_join;

#endif
