"""Names of everything on the wire: event name to Struct, in both directions. Decides nothing."""

from __future__ import annotations

from typing import NamedTuple, get_args

import msgspec

from . import calls, chat, drafts, files, links, presence, reports, search, sync


class CommandSpec(NamedTuple):
    """A command's input and what its acknowledgement carries beside ``ok``."""

    command: type[chat.Command]
    result: type[chat.Result]


COMMANDS: dict[str, CommandSpec] = {
    "sync": CommandSpec(sync.Sync, sync.Synced),
    "chat.list": CommandSpec(chat.ChatList, chat.ChatListed),
    "chat.get": CommandSpec(chat.ChatGet, chat.ChatGot),
    "chat.create": CommandSpec(chat.ChatCreate, chat.ChatCreated),
    "chat.update": CommandSpec(chat.ChatUpdate, chat.Done),
    "chat.leave": CommandSpec(chat.ChatLeave, chat.Done),
    "chat.join": CommandSpec(links.ChatJoin, links.ChatJoinedBy),
    "chat.link.create": CommandSpec(links.ChatLinkCreate, links.ChatLinkCreated),
    "chat.link.list": CommandSpec(links.ChatLinkList, links.ChatLinksListed),
    "chat.link.revoke": CommandSpec(links.ChatLinkRevoke, chat.Done),
    "chat.link.look": CommandSpec(links.ChatLinkLook, links.ChatLinkSeen),
    "chat.members": CommandSpec(chat.ChatMembers, chat.ChatMembersListed),
    "chat.member.add": CommandSpec(chat.MemberAdd, chat.Done),
    "chat.member.remove": CommandSpec(chat.MemberRemove, chat.Done),
    "chat.member.role": CommandSpec(chat.MemberRole, chat.Done),
    "chat.pin": CommandSpec(chat.ChatPin, chat.Done),
    "chat.unpin": CommandSpec(chat.ChatUnpin, chat.Done),
    "chat.pin_order": CommandSpec(chat.ChatPinOrder, chat.Done),
    "chat.archive": CommandSpec(chat.ChatArchive, chat.Done),
    "chat.unarchive": CommandSpec(chat.ChatUnarchive, chat.Done),
    "chat.mark_unread": CommandSpec(chat.ChatMarkUnread, chat.Done),
    "chat.mark_read": CommandSpec(chat.ChatMarkRead, chat.MessageReading),
    "chat.mute": CommandSpec(chat.ChatMute, chat.Done),
    "message.post": CommandSpec(chat.MessagePost, chat.MessagePosting),
    "message.edit": CommandSpec(chat.MessageEdit, chat.Done),
    "message.delete": CommandSpec(chat.MessageDelete, chat.Done),
    "message.forward": CommandSpec(chat.MessageForward, chat.MessageForwarded),
    "message.pin": CommandSpec(chat.MessagePin, chat.Done),
    "message.unpin": CommandSpec(chat.MessageUnpin, chat.Done),
    "message.star": CommandSpec(chat.MessageStar, chat.Done),
    "message.unstar": CommandSpec(chat.MessageUnstar, chat.Done),
    "message.react": CommandSpec(chat.MessageReact, chat.Done),
    "message.read": CommandSpec(chat.MessageRead, chat.MessageReading),
    "message.history": CommandSpec(chat.MessageHistory, chat.MessageHistoryPage),
    "message.search": CommandSpec(search.MessageSearch, search.MessagesFound),
    "message.at": CommandSpec(search.MessageAtDate, search.MessageAt),
    "message.attachments": CommandSpec(files.MessageAttachments, files.MessageAttachmentsPage),
    "message.pending": CommandSpec(files.MessagePending, files.MessagePendingListed),
    "message.pending_cancel": CommandSpec(files.MessagePendingCancel, chat.Done),
    "file.list": CommandSpec(files.FileList, files.FileListed),
    "file.transfers": CommandSpec(files.FileTransfers, files.FileTransfersListed),
    "file.save": CommandSpec(files.FileSave, chat.Done),
    "file.delete": CommandSpec(files.FileDelete, chat.Done),
    "message.starred": CommandSpec(chat.MessageStarred, chat.MessageStarredPage),
    "draft.save": CommandSpec(drafts.DraftSave, chat.Done),
    "presence.typing": CommandSpec(presence.PresenceTyping, chat.Done),
    "chat.reads": CommandSpec(presence.ChatReads, presence.ChatReadsListed),
    "message.report": CommandSpec(reports.MessageReport, chat.Done),
    "report.list": CommandSpec(reports.ReportList, reports.ReportsListed),
    "report.decide": CommandSpec(reports.ReportDecide, chat.Done),
    "people.get": CommandSpec(chat.PeopleGet, chat.PeopleListed),
    "people.contacts": CommandSpec(chat.PeopleContacts, chat.PeopleListed),
    "call.start": CommandSpec(calls.CallStart, calls.CallFound),
    "call.state": CommandSpec(calls.CallStateAsk, calls.CallFound),
    "call.join": CommandSpec(calls.CallJoin, calls.CallJoined),
    "call.answer": CommandSpec(calls.CallAnswer, chat.Done),
    "call.offer": CommandSpec(calls.CallOffer, calls.CallAnswered),
    "call.slots": CommandSpec(calls.CallSlots, calls.CallSlotted),
    "call.layers": CommandSpec(calls.CallLayers, chat.Done),
    "call.leave": CommandSpec(calls.CallLeave, chat.Done),
    "call.end": CommandSpec(calls.CallEnd, chat.Done),
}

CALL_EVENTS: tuple[type[calls.CallEvent], ...] = (
    calls.CallWasStarted,
    calls.CallEnded,
    calls.CallPeopleChanged,
    calls.CallTracksChanged,
    calls.CallLayersWanted,
    calls.CallSlotsChanged,
    calls.CallRungChanged,
    calls.CallSpeakersChanged,
    calls.CallMediaLost,
)
EPHEMERAL: tuple[type[msgspec.Struct], ...] = (
    chat.ReadMoved,
    drafts.DraftChanged,
    presence.TypingTold,
    presence.ReadsMoved,
    sync.Welcome,
    sync.Goodbye,
    *CALL_EVENTS,
)

CHAT_EVENTS: tuple[type[chat.ChatEvent], ...] = get_args(sync.ChatLogEvent)
ACCOUNT_EVENTS: tuple[type[chat.AccountEvent], ...] = get_args(sync.AccountLogEvent)


def event_name(event: type[msgspec.Struct]) -> str:
    """The Socket.IO event name of an event type: its tag, which the payload carries as ``kind`` too."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


EVENTS: dict[str, type[msgspec.Struct]] = {event_name(e): e for e in (*CHAT_EVENTS, *ACCOUNT_EVENTS, *EPHEMERAL)}
COMMAND_NAMES: dict[type[chat.Command], str] = {spec.command: name for name, spec in COMMANDS.items()}
