// Plays a raw YUYV file into a v4l2loopback device at a steady rate, again and again: play DEVICE WIDTH HEIGHT FPS SECONDS FILE
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    int width = atoi(argv[2]), height = atoi(argv[3]), fps = atoi(argv[4]);
    long frames = atol(argv[5]) * fps;
    size_t size = (size_t)width * height * 2;
    unsigned char *picture = malloc(size);
    FILE *file = fopen(argv[6], "rb");
    int device = open(argv[1], O_RDWR);
    if (!picture || !file || device < 0) { perror(file ? argv[1] : argv[6]); return 1; }

    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
    format.fmt.pix.width = width;
    format.fmt.pix.height = height;
    format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
    format.fmt.pix.field = V4L2_FIELD_NONE;
    format.fmt.pix.bytesperline = width * 2;
    format.fmt.pix.sizeimage = size;
    format.fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
    if (ioctl(device, VIDIOC_S_FMT, &format) < 0) { perror("VIDIOC_S_FMT"); return 1; }
    struct v4l2_streamparm rate = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
    rate.parm.output.timeperframe.numerator = 1;
    rate.parm.output.timeperframe.denominator = fps;
    ioctl(device, VIDIOC_S_PARM, &rate);

    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (long i = 0; i < frames; i++) {
        if (fread(picture, 1, size, file) != size) {
            rewind(file);
            if (fread(picture, 1, size, file) != size) return 1;
        }
        if (write(device, picture, size) < 0) { perror("write"); return 1; }
        due.tv_nsec += 1000000000L / fps;
        if (due.tv_nsec >= 1000000000L) { due.tv_nsec -= 1000000000L; due.tv_sec++; }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    return 0;
}
