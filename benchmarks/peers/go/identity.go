package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt"
)

const rememberedTokens = 10_000

type principal struct {
	id      string
	role    string
	expires time.Time
}

// tokens verifies access tokens (RFC 9068), and remembers those that it has verified, as the service does.
type tokens struct {
	keys             map[string]ed25519.PublicKey
	issuer, audience string
	parser           *jwt.Parser
	mutex            sync.RWMutex
	verified         map[string]principal
}

func newTokens(jwks, issuer, audience string) (*tokens, error) {
	var set struct {
		Keys []struct{ Kid, X string }
	}
	if err := json.Unmarshal([]byte(jwks), &set); err != nil {
		return nil, err
	}
	keys := map[string]ed25519.PublicKey{}
	for _, key := range set.Keys {
		public, err := base64.RawURLEncoding.DecodeString(key.X)
		if err != nil {
			return nil, err
		}
		keys[key.Kid] = public
	}
	return &tokens{
		keys: keys, issuer: issuer, audience: audience,
		parser:   &jwt.Parser{ValidMethods: []string{"EdDSA"}},
		verified: map[string]principal{},
	}, nil
}

// bearer returns who is asking, or nil for a request without a token.
func (t *tokens) bearer(r *http.Request) (*principal, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, nil
	}
	if !strings.HasPrefix(header, "Bearer ") {
		return nil, authenticationRequired
	}
	token := header[len("Bearer "):]
	t.mutex.RLock()
	known, remembered := t.verified[token]
	t.mutex.RUnlock()
	if !remembered {
		var err error
		if known, err = t.verify(token); err != nil {
			return nil, invalidToken
		}
		t.mutex.Lock()
		if len(t.verified) >= rememberedTokens {
			t.verified = map[string]principal{}
		}
		t.verified[token] = known
		t.mutex.Unlock()
	}
	if !time.Now().Before(known.expires) {
		return nil, invalidToken
	}
	return &known, nil
}

type claims struct {
	jwt.StandardClaims
	Role string `json:"role"`
}

func (t *tokens) verify(token string) (principal, error) {
	var read claims
	parsed, err := t.parser.ParseWithClaims(token, &read, func(token *jwt.Token) (any, error) {
		if token.Header["typ"] != "at+jwt" {
			return nil, errors.New("not an access token")
		}
		kid, _ := token.Header["kid"].(string)
		if key, found := t.keys[kid]; found {
			return key, nil
		}
		return nil, errors.New("unknown key")
	})
	if err != nil || !parsed.Valid {
		return principal{}, errors.New("invalid")
	}
	if !read.VerifyIssuer(t.issuer, true) || !read.VerifyAudience(t.audience, true) || read.Subject == "" {
		return principal{}, errors.New("not for us")
	}
	return principal{read.Subject, read.Role, time.Unix(read.ExpiresAt, 0)}, nil
}

// newID returns a UUIDv7 (RFC 9562, section 5.7).
func newID() (id [16]byte) {
	now := time.Now().UnixMilli()
	if _, err := rand.Read(id[6:]); err != nil {
		panic(err)
	}
	for i := 5; i >= 0; i-- {
		id[i] = byte(now)
		now >>= 8
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

func text(id [16]byte) string {
	var b [36]byte
	hex.Encode(b[:8], id[:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:], id[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

func parseID(s string) (id [16]byte, err error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, errors.New("not a UUID")
	}
	_, err = hex.Decode(id[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:]))
	return id, err
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// orderNumber returns the 60 last bits of the id in Crockford's base 32, as in 7K3F-9QDM-2XWA.
func orderNumber(id [16]byte) string {
	var bits uint64
	for _, b := range id[8:] {
		bits = bits<<8 | uint64(b)
	}
	number := make([]byte, 0, 14)
	for shift := 55; shift >= 0; shift -= 5 {
		if len(number) == 4 || len(number) == 9 {
			number = append(number, '-')
		}
		number = append(number, crockford[bits>>shift&31])
	}
	return string(number)
}

func newRequestID(r *http.Request) string {
	if given := r.Header.Get("X-Request-Id"); given != "" && len(given) <= 64 {
		return given
	}
	var id [16]byte
	_, _ = rand.Read(id[:])
	return hex.EncodeToString(id[:])
}
