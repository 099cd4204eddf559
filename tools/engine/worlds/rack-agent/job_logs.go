package main

// The part of a kubelet that `kubectl logs` asks: what the containers of Jobs printed.

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func (j *jobs) serveLogs(address, cert, key string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", j.containerLogs)
	return http.ListenAndServeTLS(address, cert, key, mux)
}

func (j *jobs) containerLogs(w http.ResponseWriter, req *http.Request) {
	query := req.URL.Query()
	for _, option := range []string{"previous", "timestamps", "sinceSeconds", "sinceTime"} {
		if value := query.Get(option); value != "" && value != "false" {
			http.Error(w, option+" is not simulated", http.StatusBadRequest)
			return
		}
	}
	r := j.find(req.PathValue("namespace"), req.PathValue("pod"))
	if r == nil {
		http.Error(w, "nothing runs in the containers of this pod: only pods of Jobs are run", http.StatusNotFound)
		return
	}
	name := req.PathValue("container")
	begin, err := tailOffset(r.logFile(name), query.Get("tailLines"))
	if errors.Is(err, os.ErrNotExist) {
		begin, err = 0, nil // it has not printed anything yet
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var out io.Writer = w
	if limit, err := strconv.ParseInt(query.Get("limitBytes"), 10, 64); err == nil {
		out = &limited{w, limit}
	}
	w.Header().Set("Content-Type", "text/plain")
	r.copyLog(req, out, w.(http.Flusher), name, begin, query.Get("follow") == "true")
}

// copyLog sends the log from an offset on; following it, until the pod has ended.
func (r *jobRun) copyLog(req *http.Request, out io.Writer, flush http.Flusher, name string, offset int64, follow bool) {
	for {
		ended := !follow || r.hasEnded()
		if file, err := os.Open(r.logFile(name)); err == nil {
			_, _ = file.Seek(offset, io.SeekStart)
			n, err := io.Copy(out, file)
			_ = file.Close()
			if err != nil {
				return
			}
			offset += n
			flush.Flush()
		}
		if ended {
			return
		}
		select {
		case <-req.Context().Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (r *jobRun) hasEnded() bool {
	r.Lock()
	defer r.Unlock()
	return len(r.states) > 0 && r.phase() != corev1.PodRunning
}

// tailOffset is where the last lines of a file begin; all of it without a number.
func tailOffset(path, lines string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil || lines == "" {
		return 0, err
	}
	wanted, err := strconv.Atoi(lines)
	if err != nil || wanted < 0 {
		return 0, errors.New("tailLines is no number of lines")
	}
	offset := len(text)
	for range wanted {
		if offset == 0 {
			break
		}
		offset = bytes.LastIndexByte(text[:offset-1], '\n') + 1
	}
	return int64(offset), nil
}

// limited ends the output after so many bytes.
type limited struct {
	io.Writer
	left int64
}

func (l *limited) Write(p []byte) (int, error) {
	part := p[:min(int64(len(p)), l.left)]
	n, err := l.Writer.Write(part)
	l.left -= int64(n)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}
