package suite

// Folder is the folder of a contender from outside.
type Folder struct {
	// Framework is its name.
	Framework string `json:"framework"`
	// Path is its whole path.
	Path string `json:"path"`
}

// Paths are those of the plan's folders.
func (p Plan) Paths() []string {
	var out []string
	for _, f := range p.Folders {
		out = append(out, f.Path)
	}
	return out
}
