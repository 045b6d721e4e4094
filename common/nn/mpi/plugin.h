/* The interface between programs and the MPI plugin, so that programs run on machines without MPI. */
#ifndef MM_NN_MPI_PLUGIN_H
#define MM_NN_MPI_PLUGIN_H

#include "common/nn/group.h"

#define MM_MPI_PLUGIN_FILE "mmpipe-mpi.so"
#define MM_MPI_PLUGIN_SYMBOL "mm_mpi_join"
#define MM_MPI_PLUGIN_VERSION 2 /* changes whenever this header or group.h does */

/* Joins the processes that were launched together into a group. Works only once in a process. MM_FAILURE: another version, or MPI
 * fails. */
typedef int mm_mpi_join_function(int version, mm_group **group, mm_error *error);
__attribute__((visibility("default"))) mm_mpi_join_function mm_mpi_join;

#endif
