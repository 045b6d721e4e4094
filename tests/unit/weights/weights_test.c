/* Files of weights: what is written returns, damaged and hostile files are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "formats/weights/weights.h"

/* A table of every dtype that `format` holds, with a scalar, an empty tensor and a two-dimensional one. */
static void make(mm_weights *w, mm_weights_format format)
{
    static const size_t dims[] = {3, 2};
    mm_error e;
    *w = (mm_weights){0};
    for (int d = 0; d < MM_NUM_DTYPES; d++) {
        if ((format == MM_PTH && (d == MM_U16 || d == MM_U32)) || (format == MM_NPZ && d == MM_BF16))
            continue;
        char name[32];
        snprintf(name, sizeof name, "layer.%s.weight", mm_dtype_name((mm_dtype)d));
        mm_param *p = mm_params_add(&w->params, name, (mm_dtype)d, 2, dims, &e);
        assert_non_null(p);
        for (size_t i = 0; i < p->bytes; i++)
            ((unsigned char *)p->data)[i] = (unsigned char)(i * 29 + (size_t)d);
    }
    mm_param *p = mm_params_add(&w->params, "num_batches_tracked", MM_I64, 0, NULL, &e);
    assert_non_null(p);
    *(int64_t *)p->data = -5000000000;
    assert_non_null(mm_params_add(&w->params, "empty", MM_F32, 1, (const size_t[]){0}, &e));
    if (format == MM_SAFETENSORS) {
        assert_int_equal(mm_weights_set_note(w, "net", "resnet18", &e), 0);
        assert_int_equal(mm_weights_set_note(w, "text", "tab\t \"quote\" \xc3\xa9\n", &e), 0);
    }
}

static mm_bytes encode(const mm_weights *w, mm_weights_format format)
{
    mm_error e = {0};
    mm_bytes b = {0};
    FILE *f = tmpfile();
    assert_non_null(f);
    if (mm_weights_write(w, fileno(f), "x", format, &e))
        fail_msg("%s", e.text);
    lseek(fileno(f), 0, SEEK_SET);
    assert_int_equal(mm_bytes_read(&b, fileno(f), "x", 1 << 20, &e), 0);
    fclose(f);
    return b;
}

static void assert_same(const mm_weights *a, const mm_weights *b)
{
    assert_int_equal(a->params.count, b->params.count);
    for (size_t i = 0; i < a->params.count; i++) {
        const mm_param *p = &a->params.item[i], *q = mm_params_find(&b->params, p->name);
        assert_non_null(q);
        assert_int_equal(p->dtype, q->dtype);
        assert_int_equal(p->ndim, q->ndim);
        for (int d = 0; d < p->ndim; d++)
            assert_int_equal(p->dim[d], q->dim[d]);
        assert_memory_equal(p->data, q->data, p->bytes);
    }
    assert_int_equal(a->nnotes, b->nnotes);
    for (size_t i = 0; i < a->nnotes; i++)
        assert_string_equal(a->notes[i].value, mm_weights_note(b, a->notes[i].name));
}

static const mm_weights_format formats[] = {MM_SAFETENSORS, MM_NPZ, MM_PTH};

static void what_is_written_returns(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        mm_weights w, back;
        mm_error e = {0};
        make(&w, formats[i]);
        mm_bytes b = encode(&w, formats[i]), again = encode(&w, formats[i]);
        assert_int_equal(b.size, again.size);
        assert_memory_equal(b.data, again.data, b.size);
        if (mm_weights_decode(&back, b.data, b.size, "x", &e))
            fail_msg("%s", e.text);
        assert_int_equal(back.format, formats[i]);
        assert_same(&w, &back);
        mm_weights_free(&w);
        mm_weights_free(&back);
        mm_bytes_free(&b);
        mm_bytes_free(&again);
    }
}

/* Every cut is refused, and no flipped bit crashes; in zip files the checksums see all flips in members. */
static void damage_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        mm_weights w, back;
        mm_error e;
        make(&w, formats[i]);
        mm_bytes b = encode(&w, formats[i]);
        size_t step = formats[i] == MM_SAFETENSORS ? 1 : 7;
        for (size_t cut = 0; cut < b.size; cut += step) {
            unsigned char *copy = malloc(cut + 1); /* of exactly that size, so that a sanitizer sees a step beyond */
            assert_non_null(copy);
            memcpy(copy, b.data, cut);
            if (!mm_weights_decode(&back, copy, cut, "x", &e)) /* zip archives may end in a comment */
                fail_msg("%s cut at %zu of %zu was read", mm_weights_format_name(formats[i]), cut, b.size);
            assert_true(e.code == MM_DAMAGED || e.code == MM_FAILURE);
            free(copy);
        }
        for (size_t bit = 0; bit < 8 * b.size; bit += step) {
            b.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
            if (!mm_weights_decode(&back, b.data, b.size, "x", &e))
                mm_weights_free(&back);
            b.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        mm_weights_free(&w);
        mm_bytes_free(&b);
    }
}

static int decode_json(const char *json, size_t data, mm_error *e)
{
    unsigned char file[1024] = {0};
    mm_weights w;
    size_t n = strlen(json);
    mm_put64(file, n);
    memcpy(file + 8, json, n);
    int code = mm_weights_decode(&w, file, 8 + n + data, "x", e);
    if (!code)
        mm_weights_free(&w);
    return code;
}

static void safetensors_rules(void **state)
{
    (void)state;
#define T(dtype, shape, begin, end) "{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end "]}"
    static const struct {
        const char *json;
        size_t data;
        int code;
    } cases[] = {
        {"{\"a\":" T("F32", "2", "0", "8") "}", 8, 0},
        {"{\"a\":" T("F32", "2", "0", "8") "}     ", 8, 0},
        {"{\"b\":" T("F32", "1", "4", "8") ",\"a\":" T("F32", "1", "0", "4") "}", 8, 0},
        {"{\"__metadata__\":{\"k\":\"v\"},\"a\":" T("F32", "2", "0", "8") "}", 8, 0},
        {"{\"__metadata__\":{\"k\":1},\"a\":" T("F32", "2", "0", "8") "}", 8, MM_DAMAGED},
        {"{\"__metadata__\":[],\"a\":" T("F32", "2", "0", "8") "}", 8, MM_DAMAGED},
        {"{\"a\":" T("F32", "2", "0", "8") "}", 9, MM_DAMAGED},                                          /* rest */
        {"{\"a\":" T("F32", "2", "0", "8") "}", 7, MM_DAMAGED},                                          /* cut */
        {"{\"a\":" T("F32", "3", "0", "8") "}", 8, MM_DAMAGED},                                          /* size */
        {"{\"a\":" T("F32", "1", "0", "4") ",\"b\":" T("F32", "1", "0", "4") "}", 4, MM_DAMAGED},        /* overlap */
        {"{\"a\":" T("F32", "1", "0", "4") ",\"b\":" T("F32", "1", "8", "12") "}", 12, MM_DAMAGED},      /* hole */
        {"{\"a\":" T("F32", "1", "0", "4") ",\"a\":" T("F32", "1", "4", "8") "}", 8, MM_DAMAGED},        /* twice */
        {"{\"a\":" T("F32", "-1", "0", "4") "}", 4, MM_DAMAGED},
        {"{\"a\":" T("F32", "4611686018427387905", "0", "4") "}", 4, MM_DAMAGED},                        /* overflow */
        {"{\"a\":" T("F32", "2147483648,2147483648,4", "0", "4") "}", 4, MM_DAMAGED},
        {"{\"a\":" T("F32", "1", "8", "4") "}", 8, MM_DAMAGED},
        {"{\"a\":" T("F8_E5M2", "1", "0", "1") "}", 1, MM_FAILURE},
        {"{\"a\":" T("F32", "1,1,1,1,1,1,1,1,1", "0", "4") "}", 4, MM_FAILURE},
        {"{\"\":" T("F32", "1", "0", "4") "}", 4, MM_DAMAGED},
        {"{\"a\\u0007b\":" T("F32", "1", "0", "4") "}", 4, MM_DAMAGED},
        {"{\"a\":{}}", 0, MM_DAMAGED},
        {"{\"a\":7}", 0, MM_DAMAGED},
        {"{\"a\":", 0, MM_DAMAGED},
        {"{}", 0, 0},
    };
#undef T
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_error e = {0};
        int code = decode_json(cases[i].json, cases[i].data, &e);
        if (code != cases[i].code)
            fail_msg("case %zu (%s) gave %d: %s", i, cases[i].json, code, e.text);
    }
}

/* ---- pickles ---- */

#define PREAMBLE                                                                                                       \
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}X\x0d\0\0\0little_endian\x88s."
#define STORAGE(count) "((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0kX\x03\0\0\0cpu" count "NtQ"
#define TENSOR(count, offset, dims, strides)                                                                           \
    "ctorch._utils\n_rebuild_tensor_v2\n" STORAGE(count) offset dims strides "\x89" "ccollections\nOrderedDict\n)RtR"
#define KEYS "\x80\x02]X\x01\0\0\0ka."

/* A legacy file of the given object, with one storage of four floats. */
static int decode_object(const char *object, size_t n, mm_weights *w, mm_error *e)
{
    static const char preamble[] = PREAMBLE, keys[] = KEYS;
    static const float numbers[4] = {1, 2, 3, 4};
    unsigned char count[8] = {4};
    mm_bytes b = {0};
    mm_bytes_add(&b, preamble, sizeof preamble - 1, e);
    mm_bytes_add(&b, "\x80\x02", 2, e);
    mm_bytes_add(&b, object, n, e);
    mm_bytes_add(&b, ".", 1, e);
    mm_bytes_add(&b, keys, sizeof keys - 1, e);
    mm_bytes_add(&b, count, 8, e);
    mm_bytes_add(&b, numbers, sizeof numbers, e);
    int code = mm_weights_decode(w, b.data, b.size, "x", e);
    mm_bytes_free(&b);
    return code;
}

static void legacy_tensors(void **state)
{
    (void)state;
    /* the transposed view of a 2 x 2 storage, inside of {"state_dict": {"w": tensor, "n": 3}, "epoch": 7} */
    static const char object[] = "}X\x0a\0\0\0state_dict}(X\x01\0\0\0w" TENSOR("K\4", "K\0", "K\2K\2\x86", "K\1K\2\x86") "X\x01\0\0\0nK\3us"
                                 "X\x05\0\0\0epochK\7s";
    mm_weights w;
    mm_error e = {0};
    if (decode_object(object, sizeof object - 1, &w, &e))
        fail_msg("%s", e.text);
    assert_int_equal(w.format, MM_PTH_LEGACY);
    assert_int_equal(w.params.count, 1);
    assert_string_equal(w.params.item[0].name, "w");
    const float *v = w.params.item[0].data;
    assert_true(v[0] == 1 && v[1] == 3 && v[2] == 2 && v[3] == 4);
    mm_weights_free(&w);
}

/* Objects beside tensors are inert; tensors in their attributes and items are read, those that a call gets are not. */
static void inert_objects(void **state)
{
    (void)state;
#define T TENSOR("K\4", "K\0", "K\4\x85", "K\1\x85")
#define KEY(letter) "X\1\0\0\0" letter
#define CASE(object, code, text) {object, sizeof(object) - 1, code, text}
    static const struct {
        const char *object;
        size_t n;
        int code;
        const char *text; /* the tensor's name, or a part of the message */
    } cases[] = {
        CASE("}(" KEY("w") T KEY("x") "cnumpy\nfloat64\nK\1\x85Ru", 0, "w"),
        CASE("}(" KEY("w") T KEY("x") "cargparse\nNamespace\n)\x81}" KEY("l") "K\1sbu", 0, "w"),
        CASE("}(" KEY("w") T KEY("x") "X\2\0\0\0a\0u", 0, "w"),
        CASE("}(" KEY("w") T KEY("x") "\x8e\1\0\0\0\0\0\0\0z\x96\1\0\0\0\0\0\0\0z\x86u", 0, "w"),
        CASE("ceasydict\nEasyDict\n)\x81" KEY("w") T "s", 0, "w"),
        CASE("cmine\nList\n)\x81" T "a", 0, "0"),
        CASE("cmine\nNet\n)\x81}X\x0b\0\0\0" "_parameters}" KEY("w") T "ssb", 0, "w"),
        CASE("cmine\nNet\n)\x81}X\x08\0\0\0" "_modules}" KEY("c") "cmine\nConv\n)\x81}X\x0b\0\0\0" "_parameters}" KEY("w") T "ssbssb", 0,
             "c.w"),
        CASE("}X\5\0\0\0" "model}" KEY("n") "K\1ssX\5\0\0\0" "state}" KEY("w") T "ss", 0, "state.w"),
        CASE("ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\ncmine\nT\n" STORAGE("K\4")
             "K\0K\4\x85K\1\x85\x89" "ccollections\nOrderedDict\n)Rt}tR", 0, "tensor"),
        CASE("}" KEY("w") "cmine\nwrap\n" T "\x85Rs", MM_FAILURE, "tensor 'w' is made by the global 'mine.wrap'"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_error e = {0};
        mm_weights w;
        int code = decode_object(cases[i].object, cases[i].n, &w, &e);
        if (code != cases[i].code || (code && !strstr(e.text, cases[i].text)))
            fail_msg("case %zu gave %d: %s", i, code, e.text);
        if (code)
            continue;
        assert_int_equal(w.params.count, 1);
        assert_string_equal(w.params.item[0].name, cases[i].text);
        mm_weights_free(&w);
    }
#undef CASE
}

static void hostile_pickles(void **state)
{
    (void)state;
#define CASE(object, code, text) {object, sizeof(object) - 1, code, text}
#define DICT(tensor) "}X\x01\0\0\0w" tensor "s"
    static const struct {
        const char *object;
        size_t n;
        int code;
        const char *text;
    } cases[] = {
        CASE(DICT(TENSOR("K\4", "K\0", "K\4\x85", "K\1\x85")), 0, ""),
        CASE("cposix\nsystem\nX\2\0\0\0id\x85R", MM_FAILURE, "posix.system"),
        CASE("\x8c\2os\x8c\6system\x93", MM_FAILURE, "os.system"),
        CASE("cbuiltins\neval\n", MM_FAILURE, "builtins.eval"),
        CASE("ctorch._utils\n_rebuild_tensor_v2\n)\x81", MM_DAMAGED, "not described"), /* NEWOBJ */
        CASE("(cposix\nsystem\nX\2\0\0\0ido", MM_FAILURE, "posix.system"),            /* OBJ */
        CASE("(K\1o", MM_DAMAGED, "without class"),
        CASE("cx\nY\n)}\x92(NNu", MM_FAILURE, "x.Y"),                                /* NEWOBJ_EX */
        CASE("K\1)\x81", MM_DAMAGED, "cannot be called"),
        CASE("K\1(NNu", MM_DAMAGED, "lacks the container"),
        CASE("(icopy_reg\n_x\n", MM_FAILURE, "opcode INST (0x69)"),                      /* INST */
        CASE("P1\n", MM_FAILURE, "opcode PERSID (0x50)"),                                  /* PERSID */
        CASE("\x82\1", MM_FAILURE, "opcode EXT1 (0x82)"),                                /* EXT1 */
        CASE(DICT(TENSOR("K\4", "K\1", "K\4\x85", "K\1\x85")), MM_DAMAGED, "beyond its storage"),
        CASE(DICT(TENSOR("K\4", "K\0", "K\2\x85", "K\5\x85")), MM_DAMAGED, "beyond its storage"),
        CASE(DICT(TENSOR("K\4", "J\xff\xff\xff\xff", "K\2\x85", "K\1\x85")), MM_DAMAGED, "beyond its storage"),
        CASE(DICT(TENSOR("K\4", "K\0", "K\2\x85", "J\xff\xff\xff\xff\x85")), MM_DAMAGED, "beyond its storage"),
        CASE(DICT(TENSOR("K\4", "K\0", "J\xff\xff\xff\x7f\x85", "K\0\x85")), MM_DAMAGED, "far more tensors"), /* one element, expanded */
        CASE(DICT(TENSOR("K\4", "K\0", "K\2K\2\x86", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\1\x86")), MM_DAMAGED, "beyond its storage"),
        CASE(DICT(TENSOR("K\x05", "K\0", "K\2\x85", "K\1\x85")), MM_DAMAGED, "another size"),
        CASE(DICT(TENSOR("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", "K\0", "K\2\x85", "K\1\x85")), MM_DAMAGED, "too large"),
        CASE("]q\0h\0a", MM_DAMAGED, "no tensor uses"),           /* a list that holds itself, but no tensor */
        CASE("h\5", MM_DAMAGED, "never remembered"),
        CASE("r\xff\xff\xff\xff", MM_DAMAGED, "nothing to remember"),
        CASE("Nr\xff\xff\xff\xff", MM_DAMAGED, "memo index"),
        CASE("a", MM_DAMAGED, "lacks"),
        CASE("t", MM_DAMAGED, "mark"),
        CASE("(u", MM_DAMAGED, "lacks"),
        CASE("}(NNNu", MM_DAMAGED, "key without value"),
        CASE("NN", MM_DAMAGED, "left on its stack"),
        CASE("X\xff\xff\xff\xff", MM_DAMAGED, "too early"),
        CASE("X\2\0\0\0a\0", MM_DAMAGED, "no tensor uses"),
        CASE("X\2\0\0\0os\x8c\2a\0\x93", MM_DAMAGED, "without name"),
        CASE("K\1)R", MM_DAMAGED, "cannot be called"),
        CASE("ccollections\nOrderedDict\nK\1\x85R", MM_DAMAGED, "not made of pairs"),
        CASE("ctorch._utils\n_rebuild_tensor_v2\n)R", MM_DAMAGED, "not described"),
        CASE("X\1\0\0\0kQ", MM_DAMAGED, "not described"),
        /* a tensor in a list that holds itself: the walk ends */
        CASE("]q\0(" TENSOR("K\4", "K\0", "K\4\x85", "K\1\x85") "h\0h\0e", MM_DAMAGED, ""),
        /* the same tensor under more and more names: x2 by each of these, without end */
        CASE("]q\0(" TENSOR("K\4", "K\0", "K\4\x85", "K\1\x85") "q\1h\1e"
             "]q\2(h\0h\0h\0h\0h\0h\0h\0h\0h\0h\0e]q\3(h\2h\2h\2h\2h\2h\2h\2h\2h\2h\2e]q\4(h\3h\3h\3h\3h\3h\3h\3h\3h\3h\3e"
             "]q\5(h\4h\4h\4h\4h\4h\4h\4h\4h\4h\4e]q\6(h\5h\5h\5h\5h\5h\5h\5h\5h\5h\5e0000", MM_DAMAGED, ""),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_error e = {0};
        mm_weights w;
        int code = decode_object(cases[i].object, cases[i].n, &w, &e);
        if (code != cases[i].code || !strstr(e.text, cases[i].text))
            fail_msg("case %zu gave %d: %s", i, code, e.text);
        if (!code)
            mm_weights_free(&w);
    }
}

static void damaged_legacy_file(void **state)
{
    (void)state;
    static const char file[] = PREAMBLE "\x80\x02}X\x01\0\0\0w" TENSOR("K\4", "K\0", "K\2K\2\x86", "K\2K\1\x86") "s." KEYS
                                        "\4\0\0\0\0\0\0\0" "0123456789abcdef";
    size_t n = sizeof file - 1;
    mm_weights w;
    mm_error e;
    assert_int_equal(mm_weights_decode(&w, file, n, "x", &e), 0);
    mm_weights_free(&w);
    for (size_t cut = 0; cut < n; cut++) {
        char *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, file, cut);
        assert_int_not_equal(mm_weights_decode(&w, copy, cut, "x", &e), 0);
        free(copy);
    }
    char *copy = malloc(n);
    assert_non_null(copy);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        memcpy(copy, file, n);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        if (!mm_weights_decode(&w, copy, n, "x", &e))
            mm_weights_free(&w);
    }
    free(copy);
}

/* 80 MiB of zeros in an archive of 80 KB. */
static void zip_bomb(void **state)
{
    (void)state;
    static unsigned char packed[1 << 20];
    size_t used = 0, block = (size_t)1 << 20;
    unsigned char *zeros = calloc(block, 1);
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    assert_true(zeros && a && entry);
    archive_write_set_format_zip(a);
    archive_entry_set_pathname(entry, "zeros.npy");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)(80 * block));
    assert_int_equal(archive_write_open_memory(a, packed, sizeof packed, &used), ARCHIVE_OK);
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    for (int i = 0; i < 80; i++)
        assert_int_equal(archive_write_data(a, zeros, block), block);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    archive_entry_free(entry);
    free(zeros);
    mm_weights w;
    mm_error e;
    assert_int_equal(mm_weights_decode(&w, packed, used, "x", &e), MM_DAMAGED);
    assert_non_null(strstr(e.text, "far more"));
}

/* A file that is no file of weights is named for what it is. */
static void named_files(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } files[] = {
#define FILE_OF(bytes, text) {bytes, sizeof bytes - 1, text}
        FILE_OF("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        FILE_OF("\n<!DOCTYPE html><html><head>", "a web page"),
        FILE_OF("<HTML><body>", "a web page"),
        FILE_OF("<?xml version=\"1.0\"?><Error>", "an XML document"),
        FILE_OF("{\"metadata\": {}, \"weight_map\": {\"a\": \"b\"}}", "an index of weights"),
        FILE_OF("{\"architecture\": \"resnet50\"}", "JSON"),
        FILE_OF("Not Found\n", "text: 'Not Found'"),
        FILE_OF("\x93NUMPY\1\0v\0", "numpy.savez"),
        FILE_OF("\x89PNG\r\n\x1a\n........", "a PNG image"),
        FILE_OF("\x1f\x8b\x08\0\0\0\0\0\0\0", "gzip data"),
        FILE_OF("\x08\x07\x12\x07pytorch", "an ONNX model"),
        FILE_OF("GGUF\3\0\0\0", "a GGUF model"),
        FILE_OF("\x1c\0\0\0TFL3\0\0", "TensorFlow Lite"),
        FILE_OF("\0\0\0\0\0\0\0\0\0\0\0\0", "nothing but zeros"),
        FILE_OF("\1\2\3\4\5\6\7", "nor of another format"),
        FILE_OF("\x80\x02}.", "a pickle, but not of torch.save"),
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        mm_weights w;
        mm_error e = {0};
        assert_int_equal(mm_weights_decode(&w, files[i].bytes, files[i].n, "x", &e), MM_FAILURE);
        if (!strstr(e.text, files[i].text))
            fail_msg("file %zu: %s", i, e.text);
    }
}

static void foreign_files(void **state)
{
    (void)state;
    static const char *const files[] = {"", "x", "hello, world", "\x89PNG\r\n\x1a\n........", "\x80\x02N.", "PK\3\4", "PK\5\6"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        mm_weights w;
        mm_error e = {0};
        assert_int_not_equal(mm_weights_decode(&w, files[i], strlen(files[i]), "x", &e), 0);
        assert_non_null(strstr(e.text, "'x'"));
    }
    mm_weights_format f;
    mm_error e;
    assert_int_equal(mm_weights_format_parse("a.safetensors", &f, &e), 0);
    assert_int_equal(f, MM_SAFETENSORS);
    assert_int_equal(mm_weights_format_parse("b/a.pt", &f, &e), 0);
    assert_int_equal(f, MM_PTH);
    assert_int_equal(mm_weights_format_parse("a.bin", &f, &e), MM_USAGE);
    assert_int_equal(mm_weights_format_parse(".npz", &f, &e), MM_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_returns), cmocka_unit_test(damage_is_refused), cmocka_unit_test(safetensors_rules),
        cmocka_unit_test(legacy_tensors), cmocka_unit_test(inert_objects), cmocka_unit_test(hostile_pickles),
        cmocka_unit_test(damaged_legacy_file),
        cmocka_unit_test(zip_bomb), cmocka_unit_test(foreign_files), cmocka_unit_test(named_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
