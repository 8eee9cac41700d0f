package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/sshsig"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// Options are how to bundle a run.
type Options struct {
	// Out is the run's output folder.
	Out string
	// To is the bundle's path, or a folder that gets it under its own name.
	To string
	// Incomplete takes a run that ended early, too.
	Incomplete bool
	// Sign is the file of an SSH key that signs the bundle, or "".
	Sign string
}

// Written is a bundle that was written.
type Written struct {
	Path, SHA256 string
	// Signature is the path of its signature, "" without one.
	Signature string
	Bytes     int64
	Manifest  Manifest
	// Planned and Kept are how many trials the plan and the results have.
	Planned, Kept int
	// Places are what the bundle shows of the user's machine: paths of folders, with the file that has them.
	Places []string
}

// Write bundles a run. It derives the analysis again, so that the bundle has what this tqbench makes of the records.
func Write(ctx context.Context, o Options) (w Written, err error) {
	if err := idle(o.Out); err != nil {
		return w, err
	}
	a, err := interrupt.Call(ctx, func() (analysis.Analysis, error) { return analysis.Analyze(o.Out) })
	if err != nil {
		return w, err
	}
	w.Planned, w.Kept = a.Planned, len(a.Trials)
	if a.Ended != results.EndComplete && a.Ended != results.EndTimeOver && !o.Incomplete {
		return w, incomplete(o.Out, a)
	}
	scratch, err := os.MkdirTemp("", "tqbench-bundle-")
	if err != nil {
		return w, fmt.Errorf("bundle %s: %w", o.Out, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := analysis.Write(scratch, a); err != nil {
		return w, err
	}
	files, err := Files(o.Out)
	if err != nil {
		return w, err
	}
	files[AnalysisName] = analysis.Path(scratch)
	looked, err := inspect(ctx, files)
	if err != nil {
		return w, err
	}
	w.Places = looked
	if w.Manifest, err = list(ctx, files); err != nil {
		return w, err
	}
	made := filepath.Join(scratch, "bundle")
	if w.SHA256, w.Bytes, err = pack(ctx, made, w.Manifest, files); err != nil {
		return w, err
	}
	w.Path = o.To
	if info, err := os.Stat(o.To); err == nil && info.IsDir() {
		w.Path = filepath.Join(o.To, Name(w.SHA256))
	}
	if err := checkName(w.Path, w.SHA256); err != nil {
		return w, fmt.Errorf("%w: %s: choose another name", ErrInput, w.Path)
	}
	if err := regular.Replaceable(w.Path); err != nil {
		return w, fmt.Errorf("%w: %s: %w", ErrInput, w.Path, err)
	}
	there, err := regular.Sum(w.Path, limit("content"))
	same := err == nil && there == w.SHA256 // a missing file, or one that is no bundle, isn't
	var signature []byte
	if o.Sign != "" {
		if signature, err = sshsig.Sign(ctx, o.Sign, Namespace, made); err != nil {
			return w, err
		}
	}
	err = atomicfile.Write(w.Path, func(to io.Writer) error {
		f, err := os.Open(made)
		if err != nil {
			return err
		}
		_, err = io.Copy(to, f)
		return errors.Join(err, f.Close())
	})
	if err != nil {
		return w, err
	}
	return w, w.signed(signature, same)
}

// signed writes the signature next to the bundle. Without one, it takes away that of an earlier file there, unless that was the same bundle.
func (w *Written) signed(signature []byte, same bool) error {
	path := SignaturePath(w.Path)
	if signature == nil && same {
		if results.Exists(path) {
			w.Signature = path
		}
		return nil
	}
	if signature == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s is the signature of another file: %w", ErrInput, path, regular.Bare(err))
		}
		return nil
	}
	w.Signature = path
	return atomicfile.WriteBytes(path, signature)
}

// idle refuses a folder in which a tqbench is at work.
func idle(out string) error {
	f, err := regular.Open(filepath.Join(out, runner.LockName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Join(out, runner.LockName), err)
	}
	busy, err := runner.Busy(f)
	if err = errors.Join(err, f.Close()); err == nil && busy {
		err = fmt.Errorf("%w: a tqbench is running in %s: wait for its end", ErrInput, out)
	}
	return err
}

// incomplete says why a run isn't bundled, and what to do.
func incomplete(out string, a analysis.Analysis) error {
	why := a.Ended
	if why == "" {
		why = "it was killed, or is from an older tqbench"
	}
	return fmt.Errorf("%w: the run in %s isn't complete: %d of %d planned trials are there (%s): tqbench run --resume --out %s runs the rest, or --incomplete bundles it as it is",
		ErrInput, out, len(a.Trials), a.Planned, why, out)
}

// Files are the files of a run in an output folder, by their names in a bundle: what its documents vouch for, and nothing else that is in the
// folder. The analysis isn't among them.
func Files(out string) (map[string]string, error) {
	files := map[string]string{PlanName: suite.PlanPath(out), RunName: results.RunPath(out)}
	if results.Exists(results.EndPath(out)) {
		files["results/end.json"] = results.EndPath(out)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		dir := results.TrialDir(out, t.ID)
		files[entry(out, filepath.Join(dir, "trial.json"))] = filepath.Join(dir, "trial.json")
		for name := range t.Sums {
			files[entry(out, filepath.Join(dir, name))] = filepath.Join(dir, name)
		}
	}
	locks, err := glob.In(out, "locks", "*", "*")
	if err != nil {
		return nil, fmt.Errorf("list the locks in %s: %w", out, err)
	}
	for _, l := range locks {
		// What a lock was made of may be a user's own code: its sum is in the lock.
		if !slices.Contains([]string{".whl", ".tar"}, filepath.Ext(l)) {
			files[entry(out, l)] = l
		}
	}
	for name := range files {
		if len(name) > longestName || !entryName.MatchString(name) {
			return nil, fmt.Errorf("%w: %s in %s has a name that a bundle can't have", ErrInput, name, out)
		}
	}
	return files, nil
}

// entry is a file's name in the bundle of a folder, which may be written in any way.
func entry(out, file string) string {
	if in, err := filepath.Rel(out, file); err == nil {
		return filepath.ToSlash(in)
	}
	return filepath.ToSlash(file)
}

// list sums up the files.
func list(ctx context.Context, files map[string]string) (Manifest, error) {
	m := Manifest{Format: formatName, Version: Version, Tqbench: runner.Version(), Go: runtime.Version(), System: System()}
	for name, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return m, fmt.Errorf("bundle %s: %w", file, regular.Bare(err))
		}
		sum, err := regular.Sum(file, limit(name))
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return m, fmt.Errorf("bundle %s: %w", file, err)
		}
		m.Files = append(m.Files, File{Path: name, Bytes: info.Size(), SHA256: sum})
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	if m.content() > largestContent || len(m.Files) > mostFiles {
		return m, fmt.Errorf("%w: the run has %d files of %d bytes in all, and a bundle may have %d of %d", ErrInput, len(m.Files), m.content(), mostFiles, int64(largestContent))
	}
	return m, nil
}

// System is the system of this build, such as linux/amd64.
func System() string { return runtime.GOOS + "/" + runtime.GOARCH }

// limit is how large a file of a bundle may be.
func limit(name string) regular.Limit {
	return regular.Limit{Kind: "the " + name + " of a bundle", Bytes: largestContent}
}

// pack writes the archive, and returns its SHA-256 sum and its size.
func pack(ctx context.Context, to string, m Manifest, files map[string]string) (sum string, size int64, err error) {
	f, err := os.Create(to)
	if err != nil {
		return "", 0, fmt.Errorf("write a bundle: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	n := &counter{w: io.MultiWriter(f, h)}
	z, err := gzip.NewWriterLevel(n, gzip.BestCompression)
	if err != nil {
		return "", 0, fmt.Errorf("write a bundle: %w", err)
	}
	z.ModTime = time.Unix(0, 0) // the zero time isn't 0 in its header
	t := tar.NewWriter(z)
	head, err := m.encode()
	if err != nil {
		return "", 0, err
	}
	if err := add(t, manifestName, int64(len(head)), bytes.NewReader(head)); err != nil {
		return "", 0, err
	}
	for _, f := range m.Files {
		if err := context.Cause(ctx); err != nil {
			return "", 0, err
		}
		in, err := regular.Open(files[f.Path])
		if err != nil {
			return "", 0, fmt.Errorf("bundle %s: %w", files[f.Path], err)
		}
		if err := errors.Join(add(t, f.Path, f.Bytes, in), in.Close()); err != nil {
			return "", 0, err
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return "", 0, fmt.Errorf("write a bundle: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), n.n, nil
}

// encode is the manifest as its file has it.
func (m Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	if err := atomicfile.JSON(m)(&b); err != nil {
		return nil, fmt.Errorf("write %s: %w", manifestName, err)
	}
	return b.Bytes(), nil
}

// add adds an entry of exactly that size.
func add(t *tar.Writer, name string, size int64, from io.Reader) error {
	err := t.WriteHeader(header(name, size))
	if err == nil {
		_, err = io.Copy(t, from)
	}
	if err == nil {
		err = t.Flush() // which fails for a file that is shorter now
	}
	if err != nil {
		return fmt.Errorf("bundle %s: %w", name, err)
	}
	return nil
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
