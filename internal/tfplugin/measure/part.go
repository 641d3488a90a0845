package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// partial is a file of what is measured so far, one type a line, so that a run that was interrupted goes on where it stopped.
type partial struct {
	file  *os.File
	known map[string]*facts.Type
}

type measured struct {
	Token string
	Type  *facts.Type
}

func open(path string) (*partial, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	p := &partial{f, map[string]*facts.Type{}}
	good := int64(0) // bytes; a line that is not whole is written again
	for d := json.NewDecoder(f); ; good = d.InputOffset() {
		var m measured
		if err := d.Decode(&m); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		p.known[m.Token] = m.Type
	}
	if _, err := f.Seek(good, io.SeekStart); err != nil {
		return nil, err
	}
	return p, f.Truncate(good)
}

func (p *partial) add(token string, t *facts.Type) error {
	p.known[token] = t
	text, err := json.Marshal(measured{token, t})
	if err == nil {
		_, err = p.file.Write(append(text, '\n'))
	}
	return err
}

// done removes the file: everything is in the one it was the part of.
func (p *partial) done() error {
	_ = p.file.Close()
	return os.Remove(p.file.Name())
}
