/* Requests off the wire: sessions, commands, classrooms and records. */
#include "gateway/control/translate_requests.h"

static void take_set(const Labgate__Set *set, struct request *request)
{
    request->epoch = set->epoch;
    request->sequence = set->sequence;
    request->set.point = set->point;
    if (!set->value)
        return;
    switch (set->value->kind_case) {
    case LABGATE__SCALAR__KIND_NUMBER:
        request->set.scalar = REQUEST_NUMBER;
        request->set.number = set->value->number;
        break;
    case LABGATE__SCALAR__KIND_BOOLEAN:
        request->set.scalar = REQUEST_BOOLEAN;
        request->set.number = set->value->boolean ? 1 : 0;
        break;
    case LABGATE__SCALAR__KIND_TEXT:
        request->set.scalar = REQUEST_TEXT;
        request->set.text = set->value->text;
        break;
    default:
        break;
    }
}

static void take_watch(const Labgate__Watch *watch, struct request *request)
{
    request->rig = watch->rig;
    request->watch.credit = watch->credit;
    request->watch.traces = watch->traces;
    if (watch->cursor) {
        request->watch.resumes = true;
        request->watch.boot = watch->cursor->boot;
        request->watch.frame = watch->cursor->frame;
    }
}

bool translate_take_session(const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_JOIN:
        request->kind = REQUEST_JOIN;
        request->rig = message->join->rig;
        request->join.resume = message->join->resume;
        return true;
    case LABGATE__REQUEST__BODY_LEAVE:
        request->kind = REQUEST_LEAVE;
        return true;
    case LABGATE__REQUEST__BODY_TAKE:
        request->kind = REQUEST_TAKE;
        request->take.force = message->take->force;
        request->take.to = message->take->to;
        return true;
    case LABGATE__REQUEST__BODY_RELEASE:
        request->kind = REQUEST_RELEASE;
        return true;
    case LABGATE__REQUEST__BODY_SET:
        request->kind = REQUEST_SET;
        take_set(message->set, request);
        return true;
    case LABGATE__REQUEST__BODY_GET:
        request->kind = REQUEST_GET;
        request->rig = message->get->rig;
        request->get.points = message->get->points;
        request->get.count = message->get->n_points;
        return true;
    case LABGATE__REQUEST__BODY_WATCH:
        request->kind = REQUEST_WATCH;
        take_watch(message->watch, request);
        return true;
    case LABGATE__REQUEST__BODY_STOP:
        request->kind = REQUEST_STOP;
        request->rig = message->stop->rig;
        return true;
    case LABGATE__REQUEST__BODY_RESET:
        request->kind = REQUEST_RESET;
        request->rig = message->reset->rig;
        return true;
    case LABGATE__REQUEST__BODY_PRESENCE:
        request->kind = REQUEST_PRESENCE;
        return true;
    case LABGATE__REQUEST__BODY_CLEAR:
        request->kind = REQUEST_CLEAR;
        request->rig = message->clear->rig;
        return true;
    case LABGATE__REQUEST__BODY_PROOF_PLAN:
        request->kind = REQUEST_PROOF_PLAN;
        request->rig = message->proof_plan->rig;
        return true;
    case LABGATE__REQUEST__BODY_HOLD_HEARTBEAT:
        request->kind = REQUEST_HOLD_HEARTBEAT;
        request->rig = message->hold_heartbeat->rig;
        request->hold_heartbeat.seconds = message->hold_heartbeat->seconds;
        return true;
    case LABGATE__REQUEST__BODY_BYPASS:
        request->kind = REQUEST_BYPASS;
        request->rig = message->bypass->rig;
        request->bypass.rule = message->bypass->rule;
        request->bypass.reason = message->bypass->reason;
        request->bypass.seconds = message->bypass->seconds;
        request->bypass.remove = message->bypass->remove;
        return true;
    case LABGATE__REQUEST__BODY_LOCKOUT:
        request->kind = REQUEST_LOCKOUT;
        request->rig = message->lockout->rig;
        request->lockout.reason = message->lockout->reason;
        request->lockout.whose = message->lockout->whose;
        request->lockout.remove = message->lockout->remove;
        return true;
    default:
        return false;
    }
}

bool translate_take_classroom(const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_HAND:
        request->kind = REQUEST_HAND;
        request->hand.up = message->hand->up;
        request->hand.seat = message->hand->seat;
        return true;
    case LABGATE__REQUEST__BODY_FEED:
        request->kind = REQUEST_FEED;
        request->rig = message->feed->rig;
        request->feed.after = message->feed->after;
        return true;
    case LABGATE__REQUEST__BODY_PRACTICE:
        request->kind = REQUEST_PRACTICE;
        request->rig = message->practice->rig;
        request->practice.leave = message->practice->leave;
        return true;
    case LABGATE__REQUEST__BODY_PEOPLE:
        request->kind = REQUEST_PEOPLE;
        request->rig = message->people->rig;
        return true;
    default:
        return false;
    }
}

bool translate_take_records(const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_CAPTURE:
        request->kind = REQUEST_CAPTURE;
        request->epoch = message->capture->epoch;
        request->sequence = message->capture->sequence;
        request->capture.waveform = message->capture->waveform;
        request->capture.deep = message->capture->deep;
        return true;
    case LABGATE__REQUEST__BODY_CAPTURE_STATE:
        request->kind = REQUEST_CAPTURE_STATE;
        request->capture_state.capture = message->capture_state->capture;
        return true;
    case LABGATE__REQUEST__BODY_CAPTURE_CANCEL:
        request->kind = REQUEST_CAPTURE_CANCEL;
        request->capture_state.capture = message->capture_cancel->capture;
        return true;
    case LABGATE__REQUEST__BODY_LOG:
        request->kind = REQUEST_LOG;
        request->rig = message->log->rig;
        request->session = message->log->session;
        request->log.after = message->log->after;
        request->log.most = message->log->most;
        request->log.person = message->log->person;
        request->log.kinds = (const char *const *)message->log->kinds;
        request->log.kind_count = message->log->n_kinds;
        request->log.from = (int64_t)message->log->from;
        request->log.until = (int64_t)message->log->until;
        request->log.refusals = message->log->refusals;
        request->log.newest_first = message->log->newest_first;
        request->log.before = message->log->before;
        return true;
    case LABGATE__REQUEST__BODY_CONFIGURATION:
        request->kind = REQUEST_CONFIGURATION;
        return true;
    case LABGATE__REQUEST__BODY_FILES:
        request->kind = REQUEST_FILES;
        request->session = message->files->session;
        return true;
    case LABGATE__REQUEST__BODY_READ_FILE:
        request->kind = REQUEST_READ_FILE;
        request->session = message->read_file->session;
        request->read_file.name = message->read_file->name;
        request->read_file.offset = message->read_file->offset;
        request->read_file.length = message->read_file->length;
        return true;
    case LABGATE__REQUEST__BODY_HEALTH:
        request->kind = REQUEST_HEALTH;
        request->rig = message->health->rig;
        return true;
    default:
        return false;
    }
}
