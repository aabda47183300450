#!/usr/bin/env bash
# Webcams without a webcam: boots a stock Debian kernel in qemu (plain emulation, no KVM), where the kernel's own test
# camera (vivid) and a loopback camera that plays a fixture clip (v4l2loopback) stand in for real ones, and runs
# formcheck against them. For developers and nightly runs, not part of `cargo test`; about two minutes once set up.
#
#   tests/camera_vm.sh setup     once: fetches kernel, headers and v4l2loopback (100 MB of packages, unpacked, not installed)
#   tests/camera_vm.sh run       builds nothing: takes target/release/formcheck, or $FORMCHECK
#
# Emulation is some fifty times slower than the machine, and a picture without anybody in it costs up to eight runs of a
# network: minutes. So a network of one sum (camera_vm/light.py) stands in for the pose model; it sees somebody wherever
# there is light. MODEL=formcheck looks at the athlete of the clip with the program's own, on an idle machine.
#
# Needs Debian 12 with: qemu-system-x86 busybox-static cpio kmod gcc make libelf1 ffmpeg python3.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
WORK=${CAMERA_VM_DIR:-$ROOT/target/camera_vm}
MODEL=${MODEL:-/host/models/light.onnx}
mkdir -p "$WORK"
cd "$WORK"

setup() {
    local image abi
    image=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-6[^ ]*-amd64\)$/\1/p' | head -1)
    abi=${image#linux-image-}
    apt-get download "$image" "linux-headers-$abi" "linux-headers-${abi%-amd64}-common" linux-kbuild-6.1 v4l2loopback-dkms
    rm -rf kernel headers root
    mkdir kernel headers
    dpkg-deb -x linux-image-*.deb kernel
    for package in linux-headers-*.deb linux-kbuild-*.deb v4l2loopback-dkms_*.deb; do dpkg-deb -x "$package" headers; done
    depmod -b kernel "$abi"
    # The headers' Makefile names /usr/src, where nothing was installed.
    sed -i "s|/usr/src|$WORK/headers/usr/src|g" "headers/usr/src/linux-headers-$abi/Makefile"
    make -C "headers/usr/src/linux-headers-$abi" M="$(echo "$WORK"/headers/usr/src/v4l2loopback-*)" modules >kbuild.log 2>&1

    # What boots: busybox, the C and C++ libraries, and the few modules needed.
    mkdir -p root/{bin,dev,proc,sys,host,tmp,lib64} root/lib/x86_64-linux-gnu "root/lib/modules/$abi"
    cp "$(command -v busybox)" root/bin/busybox
    for module in vivid videodev 9p 9pnet_virtio virtio_pci; do
        modprobe -d kernel -S "$abi" --show-depends "$module" | awk '$1 == "insmod" {print $2}'
    done | sort -u | while read -r file; do
        install -D "$file" "root/lib/modules/$abi/${file#*lib/modules/"$abi"/}"
    done
    strip --strip-debug -o root/v4l2loopback.ko headers/usr/src/v4l2loopback-*/v4l2loopback.ko
    cp kernel/lib/modules/"$abi"/modules.{order,builtin} "root/lib/modules/$abi/"
    depmod -b root "$abi"
    for library in libgcc_s.so.1 libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libstdc++.so.6; do
        cp -L "/lib/x86_64-linux-gnu/$library" root/lib/x86_64-linux-gnu/ 2>/dev/null ||
            cp -L "/usr/lib/x86_64-linux-gnu/$library" root/lib/x86_64-linux-gnu/
    done
    cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/
    cat >root/init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin; export PATH=/bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
modprobe 9pnet_virtio; modprobe virtio_pci; modprobe 9p
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /host
sh /host/test.sh; echo "VM_EXIT $?"
sync; poweroff -f
INIT
    chmod +x root/init
    (cd root && find . | cpio -o -H newc --quiet | gzip -1) >initrd.gz
}

# What happens inside; says each thing it looks at, and stops at the first that is not so. It waits for what it wants to
# see, not for so many seconds. Words on the camera come once the picture being judged is done with.
write_test() {
    cat >share/test.sh <<GUEST
export FORMCHECK_DATA=/tmp/data HOME=/tmp
fail() { echo "FAILED: \$1, after \$(cut -d. -f1 /proc/uptime) s"; sed 's/^/    /' /host/out; exit 1; }
says() { grep -q "\$1" /host/out || fail "expected: \$1"; }
# Without its questions answered no session begins, and here nobody answers.
/host/formcheck safety --urgent no --see-first no --understood yes >/host/out 2>&1 || fail "safety"
# No function: in the background its process would be a shell's, which passes no signal on.
live="/host/formcheck live squat --headless --mute --stats --runtime rten --model $MODEL --out /tmp/sets"
within() { # SECONDS WHAT COMMAND...
    left=\$1; what=\$2; shift 2
    while ! "\$@" 2>/dev/null; do
        sleep 1; left=\$((left - 1)); [ \$left -gt 0 ] || fail "waited in vain: \$what"
    done
}
pictures() { [ "\$(wc -l < /tmp/sets/\$1/poses.jsonl)" -gt "\$2" ]; }
told() { grep -q "\$1" /host/out; }
stop() { kill -INT \$pid; wait \$pid || fail "\$1"; }

echo "1. no camera at all is one line with the way out"
/host/formcheck cameras >/host/out 2>&1 && fail "no camera, but status 0"
says "no camera was found"

echo "2. the camera is listed, its metadata node is not"
modprobe vivid n_devs=1 node_types=0x20001 num_inputs=1 input_types=0x00
/host/formcheck cameras >/host/out 2>&1 || fail "cameras"
says "^0  vivid"; says "used: 1280x720 at 25"
[ "\$(grep -c '^[0-9]' /host/out)" = 1 ] || fail "one camera expected"

echo "3. a number nobody has"
\$live --camera 7 >/host/out 2>&1 && fail "no such camera, but status 0"
says "there is no camera 7"

echo "4. held by somebody else"
\$live --camera 0 --camera-size 320x180 --camera-fps 5 >/host/out 2>&1 & pid=\$!
within 400 "pictures of vivid" pictures squat-1 1
\$live --camera 0 >/host/second 2>&1 && fail "a second one got the camera"
grep -v "^Stop if pain" /host/second >/host/words
[ "\$(wc -l < /host/words)" = 1 ] && grep -q "^error: vivid-000-vid-cap is in use by another program: close it" /host/words || {
    cat /host/second; fail "one line on the busy camera expected"; }
before=\$(wc -l < /tmp/sets/squat-1/poses.jsonl)
within 400 "the first one goes on" pictures squat-1 \$((before + 1))

echo "5. unplugged while it is used, and plugged in again under another number"
echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind
within 400 "words on the lost camera" told "Camera lost"
# Its number is taken by another camera meanwhile.
insmod /v4l2loopback.ko video_nr=0 card_label=Clip exclusive_caps=1 max_buffers=4
echo vivid.0 > /sys/bus/platform/drivers/vivid/bind
within 20 "the camera under another number" [ -e /dev/video2 ]
before=\$(wc -l < /tmp/sets/squat-1/poses.jsonl)
within 400 "pictures after the camera came back" pictures squat-1 \$((before + 1))
stop "live on vivid"
says "1 trouble"; says "vivid-000-vid-cap, 320x180"
rmmod vivid

echo "6. a person in front of the camera"
/host/play /dev/video0 320 240 10 900 /host/clip.yuyv & player=\$!
sleep 5
\$live --camera Clip >/host/out 2>&1 & pid=\$!
within 400 "a person in the pictures" grep -q '"points":\[' /tmp/sets/squat-2/poses.jsonl
echo "7. the producer stalls, and goes on"
kill -STOP \$player
within 400 "words on the stall" told "No picture from the camera"
kill -CONT \$player
before=\$(wc -l < /tmp/sets/squat-2/poses.jsonl)
within 400 "pictures after the stall" pictures squat-2 \$((before + 1))
stop "live on the loopback"
says "Clip, 320x240"
grep -q formcheck.report/1 /tmp/sets/squat-2/report.json || fail "no report"
kill \$player
cat /host/out
GUEST
}

run() {
    local program=${FORMCHECK:-$ROOT/target/release/formcheck}
    rm -rf share
    mkdir -p share/models
    cp "$program" share/formcheck
    python3 "$ROOT/tests/camera_vm/light.py" share/models
    gcc -O2 -static -o share/play "$ROOT/tests/camera_vm/play.c"
    ffmpeg -v error -y -i "$ROOT/fixtures/clips/squat/SQ-ok2/SQ-ok2.mp4" -an -pix_fmt yuyv422 -f rawvideo \
        -vf "fps=10,scale=-2:240,pad=320:240:(ow-iw)/2:0:gray" -t 8 share/clip.yuyv
    write_test
    # no_timer_check and the rest: on a machine with much else to do, ticks come late and the kernel would give up on them.
    timeout "${CAMERA_VM_TIMEOUT:-1500}" qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
        -nodefaults -nographic -serial stdio -no-reboot -net none \
        -kernel "$(echo kernel/boot/vmlinuz-*)" -initrd initrd.gz -append "console=ttyS0 panic=-1 quiet loglevel=1 mitigations=off no_timer_check nosoftlockup rcupdate.rcu_cpu_stall_suppress=1" \
        -virtfs local,path="$WORK/share",mount_tag=host,security_model=none </dev/null | sed -u 's/\r//g' | tee vm.log
    return "$(sed -n 's/^VM_EXIT \([0-9]*\)$/\1/p' vm.log | tail -1 | grep . || echo 99)"
}

"${1:-run}"
