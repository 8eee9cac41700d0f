package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"

	"github.com/klauspost/compress/gzip"

	"github.com/tqbench/tqbench/internal/regular"
)

// ErrDamaged marks a bundle whose bytes aren't those that were written.
var ErrDamaged = errors.New("damaged or changed")

// largestBundle is how large a bundle's file may be, in bytes.
const largestBundle = 4 << 30

// gzipHead is how each bundle begins: a member without a name, a comment or a time, from the best compression (RFC 1952, 2.3).
var gzipHead = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff}

// Bundle is a bundle that was read.
type Bundle struct {
	Manifest Manifest
	// SHA256 is that of the file, Bytes its size.
	SHA256 string
	Bytes  int64
}

// Read extracts a bundle, which anyone may have made, into an empty folder. It writes nothing but the files of the manifest, each of its size, and stops at
// the first that isn't as the manifest says. Every byte of the archive is determined by its files, so that nothing can be hidden in it.
//
// ErrFormat means that the file isn't a bundle, ErrDamaged that it was one.
func Read(ctx context.Context, file, into string) (b Bundle, err error) {
	f, err := regular.OpenLimited(file, regular.Limit{Kind: "a bundle", Bytes: largestBundle})
	if err != nil {
		return b, fmt.Errorf("read %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if b.Bytes, err = io.Copy(h, f); err != nil {
		return b, fmt.Errorf("read %s: %w", file, regular.Bare(err))
	}
	b.SHA256 = hex.EncodeToString(h.Sum(nil))
	named := checkName(file, b.SHA256)
	if named != nil {
		named = fmt.Errorf("%w: %w", ErrDamaged, named)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return b, fmt.Errorf("read %s: %w", file, regular.Bare(err))
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return b, fmt.Errorf("extract %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if b.Manifest, err = extract(ctx, bufio.NewReader(f), b.Bytes, root); err != nil && named != nil {
		return b, named // it has the cause
	}
	return b, errors.Join(named, err)
}

// extract reads an archive of that many bytes into a folder.
func extract(ctx context.Context, in *bufio.Reader, size int64, into *os.Root) (m Manifest, err error) {
	head, err := in.Peek(len(gzipHead))
	if err != nil || !bytes.Equal(head, gzipHead) {
		return m, fmt.Errorf("%w: it doesn't begin as one", ErrFormat)
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return m, fmt.Errorf("%w: %v", ErrFormat, err)
	}
	z.Multistream(false)
	a := newArchive(z)
	data, err := a.manifest()
	if err != nil {
		return m, err
	}
	if m, err = decodeManifest(data); err != nil {
		return m, err
	}
	if m.content() > smallContent && m.content()/largestRatio > size {
		return m, fmt.Errorf("%w: %s lists %d bytes, in a file of %d: no run compresses like that", ErrFormat, manifestName, m.content(), size)
	}
	// Their readers make room by their size.
	if m.packed() > smallContent && m.packed()/largestPacked > size {
		return m, fmt.Errorf("%w: %s lists %d bytes of column files, in a file of %d: no run compresses like that", ErrFormat, manifestName, m.packed(), size)
	}
	for _, f := range m.Files {
		if err := context.Cause(ctx); err != nil {
			return m, err
		}
		if err := a.file(f, into); err != nil {
			return m, err
		}
	}
	if err := a.end(); err != nil {
		return m, err
	}
	if _, err := in.Peek(1); err == nil {
		return m, fmt.Errorf("%w: more data follows the archive", ErrDamaged)
	}
	return m, nil
}

// archive is an archive that is read, and written again to compare the two.
type archive struct {
	plain     io.Reader
	in        *tar.Reader
	out       *tar.Writer
	read, own hash.Hash
}

func newArchive(from io.Reader) *archive {
	a := &archive{read: sha256.New(), own: sha256.New()}
	a.plain = io.TeeReader(from, a.read)
	a.in, a.out = tar.NewReader(a.plain), tar.NewWriter(a.own)
	return a
}

// manifest reads the first entry.
func (a *archive) manifest() ([]byte, error) {
	h, err := a.in.Next()
	if err != nil || h.Name != manifestName || h.Typeflag != tar.TypeReg || h.Size < 0 || h.Size > largestManifest {
		return nil, fmt.Errorf("%w: its archive doesn't begin with %s", ErrFormat, manifestName)
	}
	data, err := io.ReadAll(io.LimitReader(a.in, largestManifest))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrDamaged, manifestName, err)
	}
	return data, a.again(manifestName, int64(len(data)), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// again writes an entry to the archive that the one that is read must be equal to.
func (a *archive) again(name string, size int64, fill func(io.Writer) error) error {
	err := a.out.WriteHeader(header(name, size))
	if err == nil {
		err = fill(a.out)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return nil
}

// file extracts the next entry, which must be that file.
func (a *archive) file(f File, into *os.Root) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
	}
	h, err := a.in.Next()
	switch {
	case errors.Is(err, io.EOF):
		return wrong("%s is missing, and %s lists it", f.Path, manifestName)
	case err != nil:
		return wrong("%s: %v", f.Path, err)
	case h.Name != f.Path:
		return wrong("it has %.120q where %s lists %s", h.Name, manifestName, f.Path)
	case h.Typeflag != tar.TypeReg:
		return wrong("%s is no regular file", f.Path)
	case h.Size != f.Bytes:
		return wrong("%s has %d bytes, and %s says %d", f.Path, h.Size, manifestName, f.Bytes)
	}
	if err := into.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
		return fmt.Errorf("extract %s: %w", f.Path, err)
	}
	to, err := into.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("extract %s: %w", f.Path, err)
	}
	sum := sha256.New()
	err = a.again(f.Path, f.Bytes, func(w io.Writer) error {
		_, err := io.Copy(io.MultiWriter(w, to, sum), a.in)
		return err
	})
	if err := errors.Join(err, to.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.SHA256 {
		return wrong("%s has the SHA-256 sum %s, and %s says %.64q", f.Path, got, manifestName, f.SHA256)
	}
	return nil
}

// end makes sure that nothing follows, and that the archive is the one that its files give.
func (a *archive) end() error {
	h, err := a.in.Next()
	if err == nil {
		return fmt.Errorf("%w: it has %.120q, and %s doesn't list it", ErrDamaged, h.Name, manifestName)
	}
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	const padding = 1 << 20 // more of it is never ours
	if _, err := io.CopyN(io.Discard, a.plain, padding); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: after its last file: %v", ErrDamaged, err)
	}
	if err := a.out.Close(); err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	if !bytes.Equal(a.read.Sum(nil), a.own.Sum(nil)) {
		return fmt.Errorf("%w: its archive isn't as tqbench writes it: entries have other modes, owners, times or padding", ErrDamaged)
	}
	return nil
}
