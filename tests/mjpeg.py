#!/usr/bin/env python3
"""A network camera for tests: sends the JPEG pictures of a folder over and over (MJPEG), each at its time.

    mjpeg.py FOLDER RATE INFO [PORT]

Once it listens, INFO holds: port, when it began (s since 1970), length of a round (s). It keeps its own time, as a real
camera does, however slowly its pictures are taken. Stopped (SIGSTOP) it is a camera that stalls; killed, one that is gone.
"""

import glob
import http.server
import os
import sys
import time

folder, rate, info = sys.argv[1], float(sys.argv[2]), sys.argv[3]
pictures = [open(name, "rb").read() for name in sorted(glob.glob(f"{folder}/*.jpg"))]
began = time.time()


class Camera(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        try:
            while True:
                n = int((time.time() - began) * rate) + 1
                time.sleep(max(0, began + n / rate - time.time()))
                jpeg = pictures[n % len(pictures)]
                self.wfile.write(b"--picture\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))
        except OSError:
            pass

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[4]) if len(sys.argv) > 4 else 0), Camera)
with open(info + ".new", "w") as file:
    file.write(f"{server.server_port} {began} {len(pictures) / rate}\n")
os.rename(info + ".new", info)
server.serve_forever()
