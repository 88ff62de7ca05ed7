package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"

	"github.com/jackc/pgconn"
)

// A problem is what a client did, or met, that has a code of its own (RFC 9457).
type problem struct {
	status int
	code   string
}

func (p problem) Error() string { return p.code }

var (
	authenticationRequired = problem{http.StatusUnauthorized, "authentication_required"}
	invalidToken           = problem{http.StatusUnauthorized, "invalid_token"}
	notFound               = problem{http.StatusNotFound, "not_found"}
	productUnavailable     = problem{http.StatusConflict, "product_unavailable"}
	outOfStock             = problem{http.StatusConflict, "out_of_stock"}
	keyReused              = problem{http.StatusUnprocessableEntity, "idempotency_key_reused"}
	keyRequired            = problem{http.StatusBadRequest, "idempotency_key_required"}
	malformed              = problem{http.StatusBadRequest, "malformed_json"}
	invalid                = problem{http.StatusUnprocessableEntity, "validation_failed"}
	overloaded             = problem{http.StatusServiceUnavailable, "overloaded"}
)

var ofState = map[string]problem{
	"SY404": productUnavailable,
	"SY409": outOfStock,
	"SY422": keyReused,
	"55P03": overloaded,
	"57014": overloaded,
	"40P01": overloaded,
}

func refuse(w http.ResponseWriter, r *http.Request, requestID string, err error) {
	var refused problem
	var failed *pgconn.PgError
	if !errors.As(err, &refused) {
		refused = problem{http.StatusInternalServerError, "internal_error"}
		if errors.As(err, &failed) {
			if known, found := ofState[failed.Code]; found {
				refused = known
			}
		}
		if refused.status == http.StatusInternalServerError {
			log.Printf("%s: %v", requestID, err)
		}
	}
	body, _ := json.Marshal(map[string]any{
		"type": "/problems/" + refused.code, "title": http.StatusText(refused.status), "status": refused.status,
		"instance": r.URL.Path, "code": refused.code, "request_id": requestID,
	})
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	if refused.status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	if refused.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "1")
	}
	w.WriteHeader(refused.status)
	_, _ = w.Write(body)
}

func answer(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	answerWith(w, status, body)
}

func answerWith(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
