// GDCM's codecs behind a C interface: see dicom_codec.h.
#include "formats/dicom/dicom_codec.h"

#include <cstring>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <gdcmDataElement.h>
#include <gdcmImage.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmTrace.h>

namespace {

// GDCM's messages go nowhere.
void hush()
{
    gdcm::Trace::DebugOff();
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
}

// The frame as an image of its own, with all of the code stream in one fragment.
void describe(const mm_dicom_frame &frame, const unsigned char *bytes, size_t size, gdcm::Image &image)
{
    gdcm::SmartPointer<gdcm::SequenceOfFragments> fragments = new gdcm::SequenceOfFragments;
    gdcm::Fragment fragment;
    fragment.SetByteValue(reinterpret_cast<const char *>(bytes), gdcm::VL(static_cast<uint32_t>(size)));
    fragments->AddFragment(fragment);
    gdcm::DataElement pixels(gdcm::Tag(0x7fe0, 0x0010));
    pixels.SetVR(gdcm::VR::OB);
    pixels.SetValue(*fragments);
    image.SetNumberOfDimensions(2);
    image.SetDimension(0, static_cast<unsigned>(frame.columns));
    image.SetDimension(1, static_cast<unsigned>(frame.rows));
    image.SetTransferSyntax(gdcm::TransferSyntax::GetTSType(frame.transfer_syntax));
    image.SetPixelFormat(gdcm::PixelFormat(
        static_cast<unsigned short>(frame.samples), static_cast<unsigned short>(frame.bits_allocated),
        static_cast<unsigned short>(frame.bits_stored), static_cast<unsigned short>(frame.high_bit), frame.is_signed));
    image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::GetPIType(frame.photometric));
    image.SetDataElement(pixels);
}

// [samples][pixels] to [pixels][samples]
void interleave(char *data, size_t bytes, unsigned samples, unsigned width)
{
    std::vector<char> planes(data, data + bytes);
    size_t pixels = bytes / (static_cast<size_t>(samples) * width);
    for (unsigned s = 0; s < samples; s++)
        for (size_t i = 0; i < pixels; i++)
            memcpy(data + (i * samples + s) * width, &planes[(s * pixels + i) * width], width);
}

// Keeps what is printed on the standard error. GDCM's copies of the JPEG library print what they find missing or impossible, and go on.
class Printed {
public:
    Printed() : file(memfd_create("printed", MFD_CLOEXEC)), before(dup(STDERR_FILENO)) { dup2(file, STDERR_FILENO); }
    ~Printed()
    {
        dup2(before, STDERR_FILENO);
        close(before);
        close(file);
    }
    // The line that says what is missing or impossible, or nothing. Others come from decoders that are tried one after the other.
    std::string complaint() const
    {
        char text[4096];
        ssize_t n = pread(file, text, sizeof text, 0);
        std::string all(text, n > 0 ? static_cast<size_t>(n) : 0);
        for (const char *begin : {"Corrupt JPEG data", "Premature end of JPEG file", "Inconsistent progression"}) {
            size_t at = all.find(begin);
            if (at != std::string::npos)
                return all.substr(at, all.find('\n', at) - at);
        }
        return "";
    }

private:
    int file, before;
};

int decode(const mm_dicom_frame &frame, const unsigned char *bytes, size_t size, char *to, size_t room, mm_error *error)
{
    gdcm::Image image;
    describe(frame, bytes, size, image);
    if (image.GetBufferLength() != room)
        return mm_fail(error, MM_DAMAGED, "DICOM frame of %zu x %zu pixels cannot be decoded", frame.rows, frame.columns);
    if (!image.GetBuffer(to))
        return mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: its code stream (%s) does not decode", frame.transfer_syntax);
    if (image.GetBufferLength() != room)
        return mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: the format of its code stream differs from its header's");
    if (frame.samples == 3 && image.GetPlanarConfiguration() == 1)
        interleave(to, room, frame.samples, frame.bits_allocated / 8);
    return MM_OK;
}

} // namespace

int mm_dicom_codec_decode(const mm_dicom_frame *frame, const unsigned char *bytes, size_t size, void *to, size_t room,
                          mm_error *error)
{
    try {
        hush();
        Printed printed;
        int code = decode(*frame, bytes, size, static_cast<char *>(to), room, error);
        std::string complaint = printed.complaint();
        return code || complaint.empty() ? code : mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: %s", complaint.c_str());
    } catch (const std::bad_alloc &) {
        return mm_no_memory(error);
    } catch (...) {
        return mm_fail(error, MM_DAMAGED, "DICOM frame is damaged: its code stream (%s) does not decode", frame->transfer_syntax);
    }
}
