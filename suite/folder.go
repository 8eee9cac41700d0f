package suite

// Folder is an external contender's folder.
type Folder struct {
	// Framework is the contender's framework.
	Framework string `json:"framework"`
	// Path is absolute.
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
