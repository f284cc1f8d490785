/** The emoji that the panel offers, by group; drawn by the system's own font, so nothing is fetched. */
import type { Key } from '../i18n/index.svelte'

export const QUICK_REACTIONS = ['👍', '❤️', '😂', '🎉', '🔥', '🙏'] as const

const signs = (line: string) => line.split(' ')

export const EMOJI: { title: Key; emoji: string[] }[] = [
  { title: 's23.emoji_smiles', emoji: signs('😀 😄 😁 😂 🤣 😊 🙂 😉 😍 😘 😜 🤔 🤨 😐 😏 😴 😎 🤓 🥳 😢 😭 😤 😡 😱 😅 🥺 🤯 🤒 🤧 🫠') },
  { title: 's23.emoji_hands', emoji: signs('👍 👎 👌 ✌️ 🤞 👏 🙌 🙏 💪 👋 ✋ 🤝 👀 🤷 🙆 🙅') },
  { title: 's23.emoji_hearts', emoji: signs('❤️ 🧡 💛 💚 💙 💜 💔 ✨ ⭐ 🔥 💯 ✅ ❌ ❓ ❗ 💡') },
  { title: 's23.emoji_school', emoji: signs('📚 📖 ✏️ 📝 📐 🧮 🔬 🌍 🎨 🎵 🏆 🥇 ⚽ 🏀 ♟️ 🎉 🎂 🎁 🏫 ⏰') },
  { title: 's23.emoji_nature', emoji: signs('☀️ 🌧️ ❄️ 🌈 🌱 🌵 🌸 🍁 🐶 🐱 🐻 🦉 🍎 🍌 🍕 🍰 🍫 ☕') },
]
