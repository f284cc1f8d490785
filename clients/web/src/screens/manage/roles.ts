/** Roles of a member in words. */
import type { SchoolMember, SchoolMemberRole } from '../../wire.gen'
import { d } from './texts'

/** «Учитель · 7А · физика». */
export function roleWords(role: SchoolMemberRole): string {
  const word = role.role === 'operator' ? role.role : d(role.role)
  return [word, role.class_name, role.subject].filter(Boolean).join(' · ')
}

export function rolesLine(member: SchoolMember): string {
  return member.roles.map(roleWords).join(', ')
}
