package workers

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/workers/internal/interpreter"
)

// in replaces the package's release in a list of requirements by how a release is pinned.
func (r Release) in(wanted []byte, as string) ([]byte, error) {
	lines := strings.Split(string(wanted), "\n")
	for i, line := range lines {
		name, _, pinned := strings.Cut(line, "==")
		bare, _, _ := strings.Cut(name, "[")
		if pinned && normal(bare) == normal(r.Package) {
			lines[i] = name + as
			return []byte(strings.Join(lines, "\n")), nil
		}
	}
	return nil, fmt.Errorf("%s of %s doesn't pin %s", contenders.Required, r.Framework, r.Package)
}

// pin is a package of a lock. Via are the packages that need it.
type pin struct {
	name, version string
	via           []string
}

// pinsOf are the packages of a lock, as uv and pip-tools write it.
func pinsOf(lock []byte) (out []pin) {
	for line := range strings.Lines(string(lock)) {
		line = strings.TrimSpace(line)
		comment, is := strings.CutPrefix(line, "#")
		name, version, pinned := strings.Cut(line, "==")
		switch {
		case is && len(out) > 0:
			if by := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(comment), "via")); by != "" && !strings.Contains(by, " ") {
				out[len(out)-1].via = append(out[len(out)-1].via, normal(by))
			}
		case pinned && !is:
			version, _, _ = strings.Cut(version, " ")
			name, _, _ = strings.Cut(name, "[")
			out = append(out, pin{name: normal(name), version: version})
		}
	}
	return out
}

// extensionsOf are the packages that need a package, such as a framework's brokers.
func extensionsOf(pins []pin, name string) []string {
	i := slices.IndexFunc(pins, func(p pin) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return slices.Clone(pins[i].via)
}

// loosened are requirements in which some packages may be of any release.
func loosened(wanted []byte, names []string) []byte {
	lines := strings.Split(string(wanted), "\n")
	for i, line := range lines {
		if name, _, pinned := strings.Cut(line, "=="); pinned && slices.Contains(names, normal(name)) {
			lines[i] = name
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// neededBy are packages and all that they need.
func neededBy(pins []pin, names ...string) []string {
	needed := slices.Clone(names)
	for i := 0; i < len(needed); i++ {
		for _, p := range pins {
			if slices.Contains(p.via, needed[i]) && !slices.Contains(needed, p.name) {
				needed = append(needed, p.name)
			}
		}
	}
	return needed
}

// keep are constraints that keep all packages but some.
func keep(pins []pin, but []string) []byte {
	var out bytes.Buffer
	for _, p := range pins {
		if !slices.Contains(but, p.name) {
			fmt.Fprintf(&out, "%s==%s\n", p.name, p.version)
		}
	}
	return out.Bytes()
}

// resolution is the part of pip's report that a lock needs.
type resolution struct {
	Install []struct {
		Metadata struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"metadata"`
		Download struct {
			Archive struct {
				Hashes map[string]string `json:"hashes"`
			} `json:"archive_info"`
		} `json:"download_info"`
	} `json:"install"`
}

// mostReported is the maximum size of pip's report: it has the packages' descriptions.
const mostReported = 64 << 20

// resolve lets pip choose packages under constraints. It installs nothing, and runs nothing of a package.
func (b *Builder) resolve(ctx context.Context, python string, wanted, constraints []byte, options ...string) (data []byte, err error) {
	dir, err := os.MkdirTemp("", "tqbench-lock-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	in, kept, report := filepath.Join(dir, "in.txt"), filepath.Join(dir, "constraints.txt"), filepath.Join(dir, "report.json")
	if err := errors.Join(os.WriteFile(in, wanted, 0o600), os.WriteFile(kept, constraints, 0o600)); err != nil {
		return nil, err
	}
	err = interpreter.WithPip(func(pip string) error {
		out, err := pipRun(ctx, python, pip, append([]string{"install", "--quiet", "--no-input", "--dry-run", "--ignore-installed",
			"--only-binary", ":all:", "--report", report, "--requirement", in, "--constraint", kept}, options...)...)
		if err != nil && ctx.Err() == nil {
			return refusal(out)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return regular.Read(report, regular.Limit{Kind: "pip's report", Bytes: mostReported})
}

// pipInstall installs a lock's packages into a folder, from the network only what matches its hashes.
func pipInstall(ctx context.Context, python, lock, target string) error {
	return interpreter.WithPip(func(pip string) error {
		out, err := pipRun(ctx, python, pip, "install", "--quiet", "--no-input", "--no-deps",
			"--require-hashes", "--only-binary", ":all:", "--target", target, "--requirement", lock)
		if err != nil {
			return fmt.Errorf("pip: %w: %s", err, process.LastLine(out))
		}
		return nil
	})
}

// pipRun runs pip with the machine's own settings: its index, proxy and certificates.
func pipRun(ctx context.Context, python, pip string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, python, append([]string{"-m", "pip"}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+pip, "PYTHONNOUSERSITE=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore")
	cmd.WaitDelay = lastOutput
	return cmd.CombinedOutput()
}

var (
	errConflict = errors.New("its packages don't go together with those that tqbench's tasks need")
	noSuch      = regexp.MustCompile(`(?m)satisfies the requirement (\S+?)==(\S+) \(from versions: ([^)]*)\)`)
)

// refusal is why pip found no packages, from its output.
func refusal(out []byte) error {
	if m := noSuch.FindSubmatch(out); m != nil {
		name, version, known := string(m[1]), string(m[2]), strings.Split(string(m[3]), ", ")
		if known[0] == "none" {
			return fmt.Errorf("pip finds no release of %s: is its index reachable?", name)
		}
		return fmt.Errorf("pip finds no wheel of %s %s for CPython %s: choose from %s", name, version, interpreter.Version,
			strings.Join(nearby(known, version), ", "))
	}
	if bytes.Contains(out, []byte("ResolutionImpossible")) {
		return errConflict
	}
	return fmt.Errorf("pip: %s", process.LastLine(out))
}

// nearReleases is how many releases on either side an error names.
const nearReleases = 3

// nearby are the releases next to a version.
func nearby(known []string, version string) []string {
	known = slices.SortedFunc(slices.Values(known), compareVersions)
	at, _ := slices.BinarySearchFunc(known, version, compareVersions)
	return known[max(0, at-nearReleases):min(len(known), at+nearReleases)]
}

// versionParts are a version's numbers, and what follows them, such as rc1 or .post1.
var versionParts = regexp.MustCompile(`^v?(\d+(?:\.\d+)*)(.*)$`)

// numbers are the numbers of a version before its other parts, without zeros at the end.
func numbers(version string) (out []int, rest string) {
	m := versionParts.FindStringSubmatch(version)
	if m == nil {
		return nil, version
	}
	for _, part := range strings.Split(m[1], ".") {
		n, err := strconv.Atoi(part)
		if err != nil { // too large for a number
			return nil, version
		}
		out = append(out, n)
	}
	for len(out) > 0 && out[len(out)-1] == 0 {
		out = out[:len(out)-1]
	}
	return out, m[2]
}

// compareVersions orders releases: by their numbers, previews before the release itself, and what was published later after it, as both
// PEP 440 and Semantic Versioning have it.
func compareVersions(a, b string) int {
	x, restX := numbers(a)
	y, restY := numbers(b)
	return cmp.Or(slices.Compare(x, y), cmp.Compare(stage(restX), stage(restY)), compareWords(restX, restY))
}

// stage is -1 for what follows the numbers of a preview, 0 for nothing, and 1 for a later publication or another build.
func stage(rest string) int {
	switch {
	case rest == "":
		return 0
	case strings.HasPrefix(rest, "+") || strings.HasPrefix(strings.TrimLeft(rest, ".-_"), "post"):
		return 1
	}
	return -1
}

// wordParts are the numbers in words, and what is between them.
var wordParts = regexp.MustCompile(`\d+|\D+`)

// compareWords compares words with the numbers in them as numbers, so that rc2 is before rc10.
func compareWords(a, b string) int {
	return slices.CompareFunc(wordParts.FindAllString(a, -1), wordParts.FindAllString(b, -1), func(x, y string) int {
		n, errX := strconv.Atoi(x)
		m, errY := strconv.Atoi(y)
		if errX == nil && errY == nil {
			return cmp.Compare(n, m)
		}
		return cmp.Compare(x, y)
	})
}

// sameVersion reports whether two releases are the same, such as 3.0 and 3.0.0.
func sameVersion(a, b string) bool { return compareVersions(a, b) == 0 }

// header is the first line of a lock.
func header(about string) string {
	return fmt.Sprintf("# %s and its packages, for CPython %s on %s/%s\n", about, interpreter.Version, runtime.GOOS, runtime.GOARCH)
}

// lockedPackages are the lines of a lock with the packages of pip's report: the same packages have the same bytes. Those in files are wheels
// next to the lock, by the package's name: an index may have another wheel of the same version.
func lockedPackages(report []byte, files map[string]string) (string, error) {
	var found resolution
	if err := json.Unmarshal(report, &found); err != nil {
		return "", fmt.Errorf("read pip's report: %w", err)
	}
	pins := map[string]string{}
	for _, p := range found.Install {
		sum := p.Download.Archive.Hashes["sha256"]
		if sum == "" {
			return "", fmt.Errorf("pip's report has no hash of %s %s", p.Metadata.Name, p.Metadata.Version)
		}
		name := normal(p.Metadata.Name)
		wanted := name + "==" + p.Metadata.Version
		if file := files[name]; file != "" {
			wanted = "./" + file
		}
		pins[name] = fmt.Sprintf("%s \\\n    --hash=sha256:%s\n", wanted, sum)
	}
	out := ""
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		out += pins[name]
	}
	return out, nil
}

// normal is a package's name in lower case with hyphens alone.
func normal(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(strings.TrimSpace(name)))
}
