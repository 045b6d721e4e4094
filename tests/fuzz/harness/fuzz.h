/* What the fuzz targets share.
 *
 * A target is one file here: LLVMFuzzerTestOneInput hands its bytes to one reader and checks what must hold of anything
 * that the reader accepts. `make fuzz` builds the targets with clang, libFuzzer and sanitizers and runs each from the
 * seeds that `seeds` makes (see run); `make check` builds them with main.c and runs the seeds and every input of found/TARGET,
 * where what once went wrong is kept: to add one, copy the file that `make fuzz` names into that folder.
 *
 * target        reader                                            of
 * stream        stream/reader, map, record, parse, meta           tensor streams, as they come and mapped
 * tar           formats/tar, folder, members                      archives, in order and at random positions
 * members       formats/members, cases                            one record's files; jansson for KEY.json
 * image         formats/image, formats, probe, stream/mapped_file image files, whole and by their headers
 * png           formats/png, png_fast                             PNG, by libpng and by our own code
 * jpeg          formats/jpeg                                      JPEG, by libjpeg-turbo
 * pnm, npy      formats/pnm, npy                                  PNM, NumPy arrays
 * dicom         formats/dicom, dicom_*, window                    DICOM headers (mmindex's too) and pixels, but for GDCM's
 * pixels        formats/dicom_*, image/dicom_image                DICOM whose header and pixel data are forged apart
 * safetensors   formats/safetensors, model, model_validation      weights and what model files say
 * checkpoint    formats/checkpoint                                checkpoints of a training
 * npz, pth, th  formats/npz, zip, pth, pth_objects                weights of NumPy and PyTorch, new and legacy
 * pickle        formats/pickle, pth_objects                       the pickles in them
 * keras         formats/hdf5, hdf5_walk, keras                    HDF5, by its library in a child process
 * csv, table    formats/csv, table                                tables of a user's own
 * cbis, mias    formats/cbis_tables, cbis_report, mias            the tables of CBIS-DDSM and mini-MIAS
 * manifest      data/manifest, shape; formats/cases               manifests
 * predictions   data/predictions                                  mmpredict's tables
 * json          weights/grey_model, remarks_file                  grey statistics, remarks on predictions
 * options       cli/options                                       command lines
 * words         nn/net, nn/schedule, data/where, formats/window   small languages in options
 *
 * Formats with checksums have a mutator that puts them right again (repair.c), or no changed input would get past them.
 * With MM_FUZZ_PLANT the target `stream` gains an overflow that only an intact stream reaches: `make fuzz` fails unless
 * that is found. */
#ifndef MM_TESTS_FUZZ_HARNESS_FUZZ_H
#define MM_TESTS_FUZZ_HARNESS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/isolated.h"
#include "common/stream/stream.h"
#include "common/table/manifest.h"
#include "formats/weights/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most); /* libFuzzer's */

/* Ends the program when a promise is broken. */
#define MM_MUST(condition) ((condition) ? (void)0 : mm_fuzz_broken(__FILE__, __LINE__, #condition))
_Noreturn void mm_fuzz_broken(const char *file, int line, const char *what);

/* The input in memory of exactly its size, which the caller frees. */
uint8_t *mm_fuzz_copy(const uint8_t *data, size_t size);

/* A descriptor of a file with these bytes, read from its beginning; the same descriptor each time. */
int mm_fuzz_file(const uint8_t *data, size_t size);

/* The input as text with a zero byte behind it, in memory that the caller frees. */
char *mm_fuzz_text(const uint8_t *data, size_t size);

/* Goes over every byte of a reader's result, so that none may lie outside of its memory. */
void mm_fuzz_touch(const void *data, size_t bytes);

/* A manifest that a reader made, of text that reads back as one; frees it. */
void mm_fuzz_manifest(mm_manifest *m);

/* A reader of weights: it makes tensors that lie in memory, or an error. */
void mm_fuzz_weights(int (*decode)(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error),
                     const uint8_t *data, size_t size);

/* A record that a reader made: a stream can hold it, and gives the same back. */
void mm_fuzz_record(const mm_record *record);

/* What a target may define that has isolated work done (worker.h); else results are made up. */
__attribute__((weak)) int mm_fuzz_isolated(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error);

/* Put right in place, as far as the bytes make sense. */
void mm_fuzz_repair_stream(uint8_t *data, size_t size);
void mm_fuzz_repair_png(uint8_t *data, size_t size);
void mm_fuzz_repair_zip(uint8_t *data, size_t size);
void mm_fuzz_repair_tar(uint8_t *data, size_t size);

/* libFuzzer's mutation, repaired seven times of eight. */
size_t mm_fuzz_mutate(uint8_t *data, size_t size, size_t most, unsigned seed, void (*repair)(uint8_t *data, size_t size));

#endif
